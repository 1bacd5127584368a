"""The command line.

It is a client of the HTTP interface and of nothing else: `run` and `demo` speak to a service and read what any other
caller reads. A command that needs no server brings its own in the same process, without a socket (`local`); one with
`--server` goes over HTTP (`http`). So there is one way a run is started, one shape of a run and one shape of an error.

Results go to standard output, everything else to standard error (`terminal`). Errors are those of `errors`, whoever
raised them, and decide the exit code (`exits`). Modules of commands import what is heavy inside their functions, so
that `--help` loads typer and nothing else.
"""
