"""Runs a command until standard input closes: `python ended_with_stdin.py COMMAND...`

A database is started through this, so that it ends with the tests however these end: a test process that is killed
closes its pipes, too. Single letters on standard input do more: `k` kills it, `f` freezes it (it is there, and says
nothing any more), `t` thaws it; each is written back when it is done. What the command says goes to standard error. The
exit code is that of the command.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

PATIENCE_S = 20
SIGNALS = {"k": signal.SIGKILL, "f": signal.SIGSTOP, "t": signal.SIGCONT}


def main(command: list[str]) -> int:
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    threading.Thread(target=_listen, args=(running,), daemon=True).start()
    return running.wait()


def _listen(running: subprocess.Popen[bytes]) -> None:
    while told := os.read(0, 1):
        running.send_signal(SIGNALS[told.decode("ascii")])
        if told == b"f":
            os.waitpid(running.pid, os.WUNTRACED)
        os.write(1, told)
    running.send_signal(signal.SIGCONT)
    running.terminate()
    try:
        running.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        running.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
