"""`python -m cypher_executor`, and the entry point of `cypher-executor` and `cyx`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line; ends the process with one of the exit codes of `cli.exits`."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # there are none, and looking for them takes long
    gc.disable()  # nothing that is loaded becomes garbage
    # Images of containers often tell Python to keep no bytecode. Where pip has not made any, which is so for packages
    # that are installed for editing, every start would compile all of this again: a quarter of its time.
    sys.dont_write_bytecode = False
    from cypher_executor.cli.app import app

    gc.enable()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows less than UTF-8 gets escapes, never a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="cypher-executor")


if __name__ == "__main__":
    main()
