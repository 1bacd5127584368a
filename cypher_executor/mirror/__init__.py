"""The mirror: a task of its own that follows the journal and writes the graph of recipes and runs somewhere else.

It reads what others have made durable, and nobody ever waits for it. What it is written into (`target`) keeps how far
the mirror has come; so a target that was wiped, or put back to an older state, is filled again from where it stands,
and one that was away gets what it missed. Rows may be written twice: that changes nothing (`graph.rows`).

target     what a mirror is written into, as a small protocol
replicas   runs, followed through the journal and coalesced: what is written is how far they have come
recipes    versions of recipes and parts, as the catalog has them
mirror     the loop
"""
