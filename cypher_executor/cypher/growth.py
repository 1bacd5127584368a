"""What one bill has and another has not: the more that a deploy has to be allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cypher_executor.core.patterns import Pattern, read_pattern
from cypher_executor.cypher.bill import Bill, More, Way, first_of
from cypher_executor.cypher.narrowing import pattern_text


def more_than(new: Bill, old: Bill) -> tuple[More, ...]:
    """What the new bill has and the old one has not; empty when it reaches nothing more."""
    return tuple(_more(new, old))


def _more(new: Bill, old: Bill) -> Iterator[More]:
    for pattern, ways in _beyond(new.hosts, old.hosts):
        yield More("host", pattern, first_of(ways))
    for name, sent in sorted(new.secrets.items()):
        if name not in old.secrets:
            yield More("secret", name, first_of(sent.through))
            continue
        for pattern, _ in _beyond(dict.fromkeys(sent.to, ()), dict.fromkeys(old.secrets[name].to, ())):
            yield More("secret", f"{name} to {pattern}", first_of(sent.through))
    if new.kv and not old.kv:
        yield More("kv", "", first_of(new.kv))
    if new.callbacks and not old.callbacks:
        yield More("callbacks", "", first_of(new.callbacks))
    if new.any_recipe and not old.any_recipe:
        yield More("any_recipe", "", first_of(new.any_recipe))


def _beyond(new: Mapping[str, tuple[Way, ...]], old: Iterable[str]) -> Iterator[tuple[str, tuple[Way, ...]]]:
    """The patterns that none of the old ones covers, each method for itself."""
    granted = [read_pattern(text) for text in old]
    for text, ways in sorted(new.items()):
        if (rest := _uncovered(read_pattern(text), granted)) is not None:
            yield pattern_text(rest), ways


def _uncovered(pattern: Pattern, granted: Iterable[Pattern]) -> Pattern | None:
    if pattern.methods is None:
        return None if any(one.covers(pattern) for one in granted) else pattern
    alone = {method: replace(pattern, methods=frozenset({method})) for method in pattern.methods}
    rest = frozenset(m for m, single in alone.items() if not any(one.covers(single) for one in granted))
    return replace(pattern, methods=rest) if rest else None
