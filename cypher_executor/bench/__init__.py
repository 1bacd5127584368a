"""How fast an engine is, seen from outside: whole runs over HTTP, from a client that costs little.

`shapes` says what is asked for and which figure is promised; `subject` is whoever is measured, ours or another engine
that answers the same requests; `asking` is the client, `timing` asks and takes the medians, `floors` measures what no
engine on this machine can be faster than, `memory` what the processes hold, and `report` makes a table of it all.

Nothing here knows how a service is started: that is for the command line, and for `tests/bench/peers` where the same
shapes are asked of other engines.
"""
