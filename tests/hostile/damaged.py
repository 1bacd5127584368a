"""Damaged modules: what ships, with bits turned, pieces cut, doubled, exchanged and shuffled, compiled and run.

    python -m tests.hostile.damaged --count 100000 --seed 1

Every damaged module is admitted and run like any other, by compiler and worker processes of a dispatcher, with short
limits. Counted is how they end. What must not happen ends the program with a message and the seed of the module: no
answer, a compiler or worker that went down, a neighbour that did not get its answer. `test_damaged_modules` runs a few
hundred of them.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from cypher_executor.core.parts import Limits
from cypher_executor.files import shipped
from tests.contracts.test_dispatcher import Bench
from tests.hostile.house import ECHO, PATIENT, kind_of
from tests.hostile.leb import sections, unsigned
from tests.worker.modules import FOLDER, calling, module, printing

LIMITS: Final = Limits(timeout_ms=50)
TOGETHER: Final = 32
HEAD: Final = 8
CONSTANT: Final = 0x41
OPERATORS: Final = bytes((0x6A, 0x6B, 0x6C, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78))
"""`i32.const`, and operators that take two i32 and give one."""
DATA: Final = 11


def originals() -> list[bytes]:
    """What ships, and the small modules of the worker's tests, which have more kinds of sections."""
    parts = [path.read_bytes() for path in sorted(shipped("parts").glob("*/*.wasm"))]
    small = [module(name) for name in ("echo", "world", "table_bomb", "recursion", "memory_refused", "remember")]
    assert FOLDER.is_dir() and parts
    return [*parts, *small, calling(), printing(b"[1, 2, 3]")]


def turn_bits(code: bytearray, chance: random.Random) -> bytes:
    """A few bits, anywhere behind the head."""
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        code[chance.randrange(HEAD, len(code))] ^= 1 << chance.randrange(8)
    return bytes(code)


def set_bytes(code: bytearray, chance: random.Random) -> bytes:
    """Bytes that mean something in many places."""
    for _ in range(chance.choice((1, 2, 3))):
        code[chance.randrange(HEAD, len(code))] = chance.choice((0x00, 0x0B, 0x10, 0x40, 0x41, 0x7F, 0x80, 0xFE, 0xFF))
    return bytes(code)


def cut(code: bytearray, chance: random.Random) -> bytes:
    """The end is missing."""
    return bytes(code[: chance.randrange(len(code))])


def cut_out(code: bytearray, chance: random.Random) -> bytes:
    """A piece in the middle is missing."""
    at = chance.randrange(HEAD, len(code))
    return bytes(code[:at] + code[at + chance.randrange(1, 64) :])


def double(code: bytearray, chance: random.Random) -> bytes:
    """A piece is there twice."""
    at = chance.randrange(HEAD, len(code))
    end = min(len(code), at + chance.randrange(1, 64))
    return bytes(code[:end] + code[at:end] + code[end:])


def shuffle_sections(code: bytearray, chance: random.Random) -> bytes:
    """Sections in another order, some twice, some missing."""
    pieces = list(sections(bytes(code)))
    kept = [piece for piece in pieces for _ in range(chance.choice((0, 1, 1, 1, 1, 1, 2)))]
    if chance.random() < 0.3:
        chance.shuffle(kept)
    return bytes(code[:HEAD]) + b"".join(kept)


def lie_about_size(code: bytearray, chance: random.Random) -> bytes:
    """A section says that it is larger or smaller than it is."""
    pieces = list(sections(bytes(code)))
    index = chance.randrange(len(pieces))
    body = pieces[index]
    lie = chance.choice((0, 1, len(body) * 2, 1 << 20, (1 << 32) - 1, (1 << 32) + 1))
    pieces[index] = body[:1] + unsigned(lie) + body[2:]
    return bytes(code[:HEAD]) + b"".join(pieces)


def graft(code: bytearray, chance: random.Random) -> bytes:
    """A section of one module in the place of another's."""
    pieces, others = list(sections(bytes(code))), list(sections(chance.choice(ORIGINALS)))
    pieces[chance.randrange(len(pieces))] = chance.choice(others)
    return bytes(code[:HEAD]) + b"".join(pieces)


def noise(code: bytearray, chance: random.Random) -> bytes:
    """A run of random bytes in the middle."""
    at = chance.randrange(HEAD, len(code))
    code[at : at + chance.randrange(1, 32)] = chance.randbytes(chance.randrange(1, 32))
    return bytes(code)


def other_operators(code: bytearray, chance: random.Random) -> bytes:
    """Operators and constants become others of their type: a good module that does something else."""
    places = [at for at in range(HEAD, len(code) - 1) if code[at] in OPERATORS or code[at] == CONSTANT]
    for at in chance.sample(places, min(len(places), chance.choice((1, 4, 20)))):
        if code[at] == CONSTANT and code[at + 1] < 0x40:
            code[at + 1] = chance.randrange(0x40)
        elif code[at] in OPERATORS:
            code[at] = chance.choice(OPERATORS)
    return bytes(code)


def other_data(code: bytearray, chance: random.Random) -> bytes:
    """Bits of the data that a module begins with."""
    pieces = list(sections(bytes(code)))
    for index, piece in enumerate(pieces):
        if piece[0] == DATA and len(piece) > 24:
            body = bytearray(piece)
            for _ in range(chance.choice((1, 8, 64))):
                body[chance.randrange(16, len(body))] ^= 1 << chance.randrange(8)
            pieces[index] = bytes(body)
    return bytes(code[:HEAD]) + b"".join(pieces)


WAYS: Final[tuple[Callable[[bytearray, random.Random], bytes], ...]] = (
    turn_bits,
    turn_bits,
    other_operators,
    other_operators,
    other_data,
    set_bytes,
    cut,
    cut_out,
    double,
    shuffle_sections,
    lie_about_size,
    graft,
    noise,
)
ORIGINALS: Final = originals()


def damaged(seed: int) -> bytes:
    """The damaged module that this number stands for. Most are of the small ones, which compile quickly."""
    chance = random.Random(seed)
    ordered = sorted(ORIGINALS, key=len)
    original = ordered[min(chance.randrange(len(ordered)), chance.randrange(len(ordered)))]
    return chance.choice(WAYS)(bytearray(original), chance)


class Failure(Exception):
    """What must not happen."""


async def try_many(seeds: Iterator[int]) -> Counter[str]:
    """How they ended. Raises Failure."""
    bench = Bench(2)
    await bench.dispatcher.start()
    workers, counts = bench.dispatcher.pids, Counter[str]()
    try:
        while batch := [seed for _, seed in zip(range(TOGETHER), seeds, strict=False)]:
            counts.update(await _try_batch(bench, batch))
            if bench.dispatcher.pids != workers:
                raise Failure(f"a worker went down in the batch that begins with seed {batch[0]}")
            bench.events.clear()
            bench.shelf.modules.clear()
            bench.shelf.parts.clear()
    finally:
        await bench.dispatcher.close()
    return counts


async def _try_batch(bench: Bench, seeds: list[int]) -> Iterator[str]:
    nodes = {f"d{seed}": bench.shelf.put(damaged(seed), LIMITS) for seed in seeds}
    bench.send(nodes)
    bench.send({"neighbour": bench.shelf.put(ECHO, PATIENT)})
    try:
        events = dict(zip((*nodes, "neighbour"), await bench.until(*nodes, "neighbour"), strict=True))
    except TimeoutError:
        missing = [node for node in nodes if node not in bench.events]
        raise Failure(f"no answer: {missing}") from None
    if kind_of(events.pop("neighbour"))[0] != "output":
        raise Failure(f"the neighbour of the batch that begins with seed {seeds[0]} did not get its answer")
    return map(_ended, events, events.values())


def _ended(node: str, event: object) -> str:
    kind, what = kind_of(event)  # type: ignore[arg-type]
    if kind == "lost" or "brought its compiler down" in what or what in ("part_unavailable", "not_instantiated"):
        raise Failure(f"seed {node[1:]}: {event}")
    return {"refused": "refused", "failed": f"failed: {what}"}.get(kind, kind)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="the first one; each module has the next number")
    given = parser.parse_args()
    began = time.monotonic()
    try:
        counts = asyncio.run(try_many(iter(range(given.seed, given.seed + given.count))))
    except Failure as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    for kind, count in counts.most_common():
        sys.stdout.write(f"{count:8} {kind}\n")
    total, took = sum(counts.values()), time.monotonic() - began
    sys.stdout.write(f"{total:8} in {took:.0f} s: no crash, no hang, no neighbour disturbed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
