"""Graphs are kept in processes of their own, so that the runs have their interpreter to themselves.

Working out the rows of many runs takes much of a processor, and threads would take it from the event loop. So whoever
follows the journal into a graph is another process: it opens the journal to read it, beside the service that writes it
(SQLite's write-ahead log lets both go on), and owns the connection to what it writes. The service starts it, tells it
which parts there are, hears how it stands, and starts it again when it ends. It has a lower priority than the service.
What it is told and tells are lines of JSON; when its input ends, it ends.

messages  what is said, line by line
process   FollowerProcess: the service's side
serving   the follower's side, without what it follows and where to
__main__  the follower's program: picks journal, catalog and target, as `wiring` does for the service
"""
