"""The folders that our processes work in: temporary, ours alone, and held by a lock for as long as we live.

The system lets go of a lock when its holder ends, however it ends, and no process that we start inherits it. So a
folder that nobody holds is left over from a service that was killed, whichever number that one's process had and in
whichever container it ran: `sweep` removes those. The number in the name is for people who look.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PREFIX: Final = "cypher-executor-worker-"
_NEW_S: Final = 60.0
"""A folder that was made so recently may be about to be locked."""
_OPENED: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """A new folder. Raises OSError when it cannot be made."""

    def __init__(self) -> None:
        self.path: Final = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")
        try:
            self._held: int | None = os.open(self.path, _OPENED)
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.remove()
            raise

    def remove(self) -> None:
        """Remove it with all that is in it; only once, whoever calls."""
        shutil.rmtree(self.path, ignore_errors=True)
        held, self._held = getattr(self, "_held", None), None
        if held is not None:
            os.close(held)


def sweep() -> int:
    """Remove the folders of this user that no living service holds; how many there were. Raises nothing."""
    with contextlib.suppress(OSError):
        return sum(_removed(path) for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"))
    return 0


def _removed(path: Path) -> bool:
    with contextlib.suppress(OSError), _opened(path) as folder:
        about = os.fstat(folder)
        if about.st_uid != os.geteuid() or about.st_mtime > time.time() - _NEW_S:
            return False
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
        return not path.exists()
    return False


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    folder = os.open(path, _OPENED)
    try:
        yield folder
    finally:
        os.close(folder)
