"""Parts from folders: the shipped one first, the user's own behind it.

All manifests are read once, when the store is made; afterwards looking up is from memory. A module's bytes are read
when they are asked for, and only handed out when their digest is still the one that the manifest was read with: a file
that changed behind our back is refused, never run.

A part whose module is missing or damaged is disabled, with a line in the log: it keeps its place in the catalogue, so
that recipes are checked as ever, but it has no digest, and a step that needs it fails with `part_unavailable`. The
other parts are not held up by it. A wrong manifest, however, is refused when the store is made: it is the operator's
word, and half of it would mean something else.

A later folder may not take a name of an earlier one: a recipe that says `http_request` must mean the shipped part
whatever somebody dropped into a folder. Such a folder is refused when the store is made, with both places named; an
operator who does want another part of the same purpose gives it another name.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from cypher_executor.core.parts import Part, digest_of
from cypher_executor.core.recipe import Digest
from cypher_executor.errors import Conflict, ModuleRefused, NotFound, RequestInvalid, Unavailable
from cypher_executor.partkit.manifest import ModuleMissing, PartFolder, read_folder, read_without_module
from cypher_executor.partkit.module import MAX_MODULE_BYTES
from cypher_executor.partkit.packaged import PackageMissing

_log = logging.getLogger(__name__)


class PartsFolder:
    """A `PartStore` over folders that hold one folder for each part. Wrong manifests are refused when it is made.

    The examples in `proven` folders are known to be right, so they are read only when they are asked for. A part whose
    module has more than `most_module_bytes` is disabled.
    """

    def __init__(
        self, folders: Iterable[Path], *, proven: Collection[Path] = (), most_module_bytes: int = MAX_MODULE_BYTES
    ) -> None:
        self._most_module_bytes = most_module_bytes
        self._by_name: dict[str, PartFolder] = {}
        self._disabled: dict[str, str] = {}
        for folder in folders:
            self._add_all(folder, examples_now=folder not in proven)
        self._by_digest: dict[Digest, list[PartFolder]] = {}
        for found in self._by_name.values():
            if found.part.digest is not None:
                self._by_digest.setdefault(found.part.digest, []).append(found)

    def _add_all(self, folder: Path, *, examples_now: bool) -> None:
        if not folder.is_dir():
            raise RequestInvalid(f"the folder of parts {str(folder)!r} does not exist; create it or leave it out")
        for manifest in sorted(folder.glob("*/part.toml")):
            try:
                self._add(self._read(manifest.parent, examples_now))
            except PackageMissing:
                continue  # an extra that is not installed brings no part
            except (ModuleMissing, ModuleRefused) as wrong:
                self._disable(read_without_module(manifest.parent), wrong.message)

    def _read(self, folder: Path, examples_now: bool) -> PartFolder:
        return read_folder(folder, examples_now=examples_now, most_module_bytes=self._most_module_bytes)

    def _disable(self, found: PartFolder, why: str) -> None:
        self._add(found)
        name = found.part.name
        self._disabled[name] = why
        _log.warning("the part %r is disabled, and steps that need it fail with part_unavailable: %s", name, why)

    def _add(self, found: PartFolder) -> None:
        earlier = self._by_name.setdefault(found.part.name, found)
        if earlier is not found:
            raise Conflict(
                f"the part {found.part.name!r} in {found.folder} has the name of the one in {earlier.folder}; "
                "give it another name: a recipe must not change its meaning by what lies in a folder",
                code="part_name_taken",
            )

    def find(self, name: str) -> Part | None:
        """The part of this name."""
        found = self._by_name.get(name)
        return found.part if found else None

    def by_digest(self, digest: Digest, name: str | None = None) -> Part | None:
        """The part whose module has this digest, of several the one of this name."""
        for one in self._by_digest.get(digest, ()):
            if name is None or name == one.part.name:
                return one.part
        return None

    def all(self) -> Sequence[Part]:
        """Every part, by name."""
        return [self._by_name[name].part for name in sorted(self._by_name)]

    @property
    def disabled(self) -> Mapping[str, str]:
        """The parts that cannot be run, by name, each with the reason."""
        return self._disabled

    async def module(self, digest: Digest) -> bytes:
        """The bytes of a module. `NotFound` when no part has this digest (any more), `Unavailable` if unreadable."""
        found = self._by_digest.get(digest)
        if not found:
            raise NotFound(f"no part has a module with the digest {digest}")
        return await asyncio.to_thread(_read_verified, found[0], digest)


def _read_verified(found: PartFolder, digest: Digest) -> bytes:
    path = found.module_path
    try:
        data = found.read_module()
    except OSError as wrong:
        message = f"the module {path} cannot be read: {wrong.strerror}"
        raise Unavailable(message, code="part_unavailable") from None
    if digest_of(data) != digest:
        raise NotFound(f"the module {path} has changed since it was loaded; restart to load it, or put it back")
    return data
