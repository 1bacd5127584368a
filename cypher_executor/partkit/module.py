"""What a WebAssembly binary asks for and offers, read from its bytes without compiling it.

Purity is decided here: a part is pure when its module does not import `cypher.call`. Admission is decided here as well:
any import other than that one and WASI preview 1 is refused, and a command must export `_start` and its memory.

The reader trusts no length: every step goes through `_Bytes`, which raises `ModuleRefused` instead of running over the
end of its section, and it walks sections and entries in loops, so that a hostile module costs time in proportion to its
size and nothing else. Sections that are not asked for are stepped over; the compiler checks them.
"""

from __future__ import annotations

from dataclasses import dataclass

from cypher_executor.errors import ModuleRefused, module_too_large

MAX_MODULE_BYTES = 4 * 1024 * 1024
"""Unless an operator says otherwise."""

_KINDS = ("function", "table", "memory", "global", "tag")
_IMPORT, _EXPORT = 2, 7
# Sections come in this order, each once; 12 (data count) and 13 (tags) were added later and stand in the middle.
_SECTION_ORDER = (1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11)

CALL = ("cypher", "call")
WASI = "wasi_snapshot_preview1"
_WASI_FUNCTIONS = """
    args_get args_sizes_get environ_get environ_sizes_get clock_res_get clock_time_get
    fd_advise fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights fd_filestat_get
    fd_filestat_set_size fd_filestat_set_times fd_pread fd_prestat_get fd_prestat_dir_name fd_pwrite fd_read fd_readdir
    fd_renumber fd_seek fd_sync fd_tell fd_write
    path_create_directory path_filestat_get path_filestat_set_times path_link path_open path_readlink
    path_remove_directory path_rename path_symlink path_unlink_file
    poll_oneoff proc_exit proc_raise sched_yield random_get sock_accept sock_recv sock_send sock_shutdown
"""


@dataclass(frozen=True, slots=True)
class Import:
    """One thing that a module needs from its host."""

    module: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Module:
    """The outside of a module: its imports in order, and its exports by name with their kind."""

    imports: tuple[Import, ...]
    exports: dict[str, str]

    @property
    def pure(self) -> bool:
        """Whether the module has no way to the outside."""
        return all((i.module, i.name) != CALL for i in self.imports)


def read_module(data: bytes, most_bytes: int = MAX_MODULE_BYTES) -> Module:
    """Read imports and exports. Raises `errors.ModuleRefused` for what is too large, or is not a core module."""
    if len(data) > most_bytes:
        raise module_too_large(len(data), most_bytes)
    if data[:4] != b"\0asm":
        raise ModuleRefused("this is not a WebAssembly module: it does not begin with \\0asm")
    if data[4:8] != b"\1\0\0\0":
        raise ModuleRefused("this is not a core WebAssembly module of version 1 (components are not admitted)")
    sections = _sections(_Bytes(data, 8, len(data)))
    imports = _imports(sections[_IMPORT]) if _IMPORT in sections else ()
    exports = _exports(sections[_EXPORT]) if _EXPORT in sections else {}
    return Module(imports, exports)


def admit(data: bytes, most_bytes: int = MAX_MODULE_BYTES) -> Module:
    """Read a module that is to become a part. Raises `errors.ModuleRefused` when it asks for or lacks something."""
    module = read_module(data, most_bytes)
    for wanted in module.imports:
        known = wanted.module == WASI and wanted.name in _WASI_FUNCTIONS.split()
        if wanted.kind != "function" or not (known or (wanted.module, wanted.name) == CALL):
            raise ModuleRefused(
                f"the module imports the {wanted.kind} `{wanted.module}.{wanted.name}`; "
                f"a part may import functions of {WASI} and cypher.call only"
            )
    for name, kind in (("_start", "function"), ("memory", "memory")):
        if module.exports.get(name) != kind:
            raise ModuleRefused(f"the module does not export the {kind} `{name}`; build it as a WASI command")
    return module


class _Bytes:
    """A stretch of the module that is read from front to back and never beyond its end."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data, self.at, self._end = data, at, end

    @property
    def done(self) -> bool:
        return self.at >= self._end

    def byte(self) -> int:
        if self.done:
            raise ModuleRefused(f"the module ends in the middle of something at byte {self.at}")
        self.at += 1
        return self._data[self.at - 1]

    def u32(self) -> int:
        """An unsigned LEB128 number of at most 32 bits."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
        else:
            raise ModuleRefused(f"a number at byte {self.at} is longer than 32 bits")
        if value >= 1 << 32:
            raise ModuleRefused(f"a number at byte {self.at} is longer than 32 bits")
        return value

    def take(self, length: int) -> _Bytes:
        if length > self._end - self.at:
            raise ModuleRefused(f"a length at byte {self.at} points beyond the end")
        self.at += length
        return _Bytes(self._data, self.at - length, self.at)

    def name(self) -> str:
        stretch = self.take(self.u32())
        try:
            return self._data[stretch.at : stretch._end].decode()
        except UnicodeDecodeError:
            raise ModuleRefused(f"a name at byte {stretch.at} is not UTF-8") from None


def _sections(data: _Bytes) -> dict[int, _Bytes]:
    found: dict[int, _Bytes] = {}
    last = -1
    while not data.done:
        number, content = data.byte(), data.take(data.u32())
        if number == 0:
            content.name()
            continue
        if number not in _SECTION_ORDER:
            raise ModuleRefused(f"section {number} is unknown")
        place = _SECTION_ORDER.index(number)
        if place <= last:
            raise ModuleRefused(f"section {number} comes twice or out of order")
        last = place
        found[number] = content
    return found


def _imports(data: _Bytes) -> tuple[Import, ...]:
    found = []
    for _ in range(data.u32()):
        module, name, kind = data.name(), data.name(), _kind(data)
        _skip_type(data, kind)
        found.append(Import(module, name, kind))
    _expect_end(data)
    return tuple(found)


def _exports(data: _Bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for _ in range(data.u32()):
        name, kind = data.name(), _kind(data)
        data.u32()
        if name in found:
            raise ModuleRefused(f"`{name}` is exported twice")
        found[name] = kind
    _expect_end(data)
    return found


def _kind(data: _Bytes) -> str:
    number = data.byte()
    if number >= len(_KINDS):
        raise ModuleRefused(f"an import or export at byte {data.at} is of the unknown kind {number}")
    return _KINDS[number]


def _skip_type(data: _Bytes, kind: str) -> None:
    if kind == "table":
        data.byte()
    if kind in ("table", "memory"):
        flags = data.byte()
        if flags & ~0b11:
            raise ModuleRefused(f"a limit at byte {data.at} has flags that are not admitted (memory64, page sizes)")
        data.u32()
        if flags & 1:
            data.u32()
    elif kind == "global":
        data.byte()
        data.byte()
    else:
        if kind == "tag":
            data.byte()
        data.u32()


def _expect_end(data: _Bytes) -> None:
    if not data.done:
        raise ModuleRefused(f"a section goes on at byte {data.at} after its last entry")
