"""A filter on system calls, where the system has seccomp: what is not on the list of `syscalls` is refused with EPERM.

It is put on when everything is imported, made and started, binds all threads at once, and cannot be taken off. A
refusal is an error and not the end of the process, because libraries may try what they can do without. Calls made in
another machine's way (the 32-bit ways of x86_64 among them) end the process: nothing of ours makes them.

Source: https://docs.kernel.org/userspace-api/seccomp_filter.html; the numbers are those of `linux/seccomp.h` and
`linux/filter.h`.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from struct import Struct
from typing import Final

from cypher_executor.worker import syscalls

_SET_MODE_FILTER: Final = 1
_ALL_THREADS: Final = 1

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_REFUSE: Final = 0x00050000 | 1
"""With the number of EPERM."""

_LOAD: Final = 0x20
_EQUAL: Final = 0x15
_RETURN: Final = 0x06
_NUMBER_AT: Final = 0
_MACHINE_AT: Final = 4
_ARGUMENTS_AT: Final = 16
_ARGUMENT_SIZE: Final = 8
"""The lower half of it comes first, as both machines that are known are little-endian."""

_INSTRUCTION: Final = Struct("=HBBI")
Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def restrict() -> bool:
    """Bind all threads of this process. False where the system or its processor has nothing of the kind.

    To be called after `no_new_privs` is set.
    """
    machine = syscalls.machine(os.uname().machine) if sys.platform == "linux" else None
    if machine is None:
        return False
    code = b"".join(_INSTRUCTION.pack(*one) for one in program(machine, os.getpid()))
    filter_ = _Program(len(code) // _INSTRUCTION.size, code)
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.syscall(machine.seccomp, _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(filter_)) == 0)


def program(machine: syscalls.Machine, pid: int) -> Iterator[Instruction]:
    """The filter as the kernel reads it: code, steps if true, steps if false, operand."""
    yield (_LOAD, 0, 0, _MACHINE_AT)
    yield (_EQUAL, 1, 0, machine.audit_arch)
    yield (_RETURN, 0, 0, _KILL)
    yield (_LOAD, 0, 0, _NUMBER_AT)
    for number in machine.allowed:
        yield (_EQUAL, 0, 1, number)
        yield (_RETURN, 0, 0, _ALLOW)
    for number, argument, value in machine.limited:
        yield (_EQUAL, 0, 4, number)
        yield (_LOAD, 0, 0, _ARGUMENTS_AT + _ARGUMENT_SIZE * argument)
        yield (_EQUAL, 0, 1, pid if value == syscalls.OWN else value)
        yield (_RETURN, 0, 0, _ALLOW)
        yield (_RETURN, 0, 0, _REFUSE)
    yield (_RETURN, 0, 0, _REFUSE)
