"""The system calls that a worker makes once it has started, with their numbers.

They are those of Python's interpreter, of wasmtime running and compiling code, and of two sockets that are open
already. Nothing is in the list that makes, opens or names anything: no file, socket, process or program.

Numbers: https://docs.kernel.org/process/adding-syscalls.html says where; `asm/unistd_64.h` for x86_64, and
`asm-generic/unistd.h` for aarch64, which lacks some of the older calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Machine:
    """A kind of processor: how the kernel calls it in filters, the number of `seccomp`, and those of what is allowed.

    `limited` has calls that are allowed only with one value of one argument: number of the call, of the argument, and
    the value, `OWN` for the number of this process.
    """

    audit_arch: int
    seccomp: int
    allowed: tuple[int, ...]
    limited: tuple[tuple[int, int, int], ...]


_COLUMNS: Final = ("x86_64", "aarch64")
_ALLOWED: Final[Mapping[str, tuple[int | None, int | None]]] = {
    # what is open already
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "recvfrom": (45, 207),
    "sendto": (44, 206),
    "poll": (7, None),
    "ppoll": (271, 73),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    # memory; a module's image of its memory is a file without a name
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "memfd_create": (319, 279),
    "ftruncate": (77, 46),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "membarrier": (324, 283),
    # threads that are there already, and their signals
    "futex": (202, 98),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    # time, chance, and what it has used
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "getpid": (39, 172),
    "gettid": (186, 178),
    # the end
    "exit": (60, 93),
    "exit_group": (231, 94),
}

OWN: Final = -1
_LIMITED: Final[Mapping[str, tuple[tuple[int, int], int, int]]] = {
    "tgkill": ((234, 131), 0, OWN),  # how a process aborts
    "prlimit64": ((302, 261), 0, 0),  # how a compiler moves its own time limit
    "fcntl": ((72, 25), 1, 1033),  # F_ADD_SEALS, for images of memory
}


def machine(name: str) -> Machine | None:
    """What is known of the processor that `uname` calls so; None when nothing is."""
    if name not in _COLUMNS:
        return None
    column = _COLUMNS.index(name)
    allowed = tuple(number for row in _ALLOWED.values() if (number := row[column]) is not None)
    limited = tuple((row[column], argument, value) for row, argument, value in _LIMITED.values())
    arch, seccomp = {"x86_64": (0xC000003E, 317), "aarch64": (0xC00000B7, 277)}[name]
    return Machine(arch, seccomp, allowed, limited)
