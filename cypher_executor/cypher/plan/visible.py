"""Whether all of a name can be seen, so that no two names look the same because one has more in it.

Some characters that are not seen by themselves belong to what is seen: joiners inside emoji and in scripts whose
letters they connect, variation selectors behind emoji. They are let through there and nowhere else.
"""

from __future__ import annotations

import unicodedata

_ZWJ, _ZWNJ = "\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"
_EMOJI_STYLE = "\N{VARIATION SELECTOR-16}"
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
"""Characters that count as letters, marks or symbols, and show nothing."""
_VIRAMA = 9
"""The combining class of the signs behind which a joiner changes how a letter looks."""


def visible(name: str) -> bool:
    """Whether nothing in it is hidden."""
    return all(_seen(character, before) for before, character in zip(" " + name, name, strict=False))


def _seen(character: str, before: str) -> bool:
    if character == _ZWJ:
        return _is_emoji(before) or unicodedata.combining(before) == _VIRAMA
    if character == _ZWNJ:
        return unicodedata.bidirectional(before) == "AL" or unicodedata.combining(before) == _VIRAMA
    if character == _EMOJI_STYLE:
        return unicodedata.category(before) in ("So", "Sm", "Po", "Nd")
    return character.isprintable() and character not in _BLANK and not _selects_variation(character)


def _is_emoji(character: str) -> bool:
    """An emoji, or what stands behind one and belongs to it: its style or the tone of its skin."""
    return (unicodedata.category(character) in ("So", "Sk") and not character.isascii()) or character == _EMOJI_STYLE


def _selects_variation(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
