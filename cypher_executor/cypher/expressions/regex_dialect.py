r"""Regular expressions as Cypher writes them, which is as Java does, in the words of RE2.

RE2 runs in time linear in the text, and so has no look-around, no back references, no possessive quantifiers and no
atomic groups: these are refused by name. The rest differs in small things, and a pattern must not quietly mean
something else, so it is read sign by sign: what RE2 writes differently is put into its words, what it would
misunderstand is refused, and everything else is left to it.

    `.`                    stops at \r, \u0085, \u2028 and \u2029 as well, unless `(?s)` or `(?d)` says otherwise
    \h \v \R \s \e \cX \uXXXX \0nn \p{Alpha} \p{IsGreek} ...
                           have no counterpart, or another meaning, and are written out
    (?u)                   is dropped: letters match without regard to case in every script
    [a[b]] [a&&b]          are Java's unions and intersections, which RE2 would read as plain characters
"""

from __future__ import annotations

import re
from collections.abc import Callable

_TOKEN = re.compile(
    r"""(?P<quoted>\\Q[\s\S]*?(?:\\E|$))
    |(?P<surrogates>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})
    |(?P<unicode>\\u[0-9a-fA-F]{4})
    |(?P<octal>\\0[0-3]?[0-7]{1,2})
    |(?P<control>\\c[\s\S])
    |(?P<property>\\[pP]\{\w+\})
    |(?P<back>\\[1-9]|\\k<)
    |(?P<escape>\\[\s\S])
    |(?P<look>\(\?<?[=!])
    |(?P<atomic>\(\?>)
    |(?P<named>\(\?<[A-Za-z]\w*>)
    |(?P<flags>\(\?(?P<on>[A-Za-z]*)(?:-(?P<off>[A-Za-z]+))?(?P<end>[:)]))
    |(?P<possessive>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\+)
    |(?P<intersection>&&)
    |(?P<sign>[\s\S])""",
    re.VERBOSE,
)

_LINE_ENDS = r"\n\r\x{85}\x{2028}\x{2029}"
_BLANKS = r" \t\x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}"
_BREAKS = r"\n\x{0b}\f\r\x{85}\x{2028}\x{2029}"
_SPACES = r" \t\n\x{0b}\f\r"
_SETS = {"h": _BLANKS, "v": _BREAKS, "s": _SPACES}
"""What some escapes stand for, as the inside of a class. In capitals they stand for everything else."""

_PROPERTIES = {
    "Lower": "[:lower:]", "Upper": "[:upper:]", "ASCII": "[:ascii:]", "Alpha": "[:alpha:]", "Digit": "[:digit:]",
    "Alnum": "[:alnum:]", "Punct": "[:punct:]", "Graph": "[:graph:]", "Print": "[:print:]", "Blank": "[:blank:]",
    "Cntrl": "[:cntrl:]", "XDigit": "[:xdigit:]", "Space": "[:space:]",
    "IsAlphabetic": r"\p{L}\p{Nl}", "IsLetter": r"\p{L}", "IsDigit": r"\p{Nd}", "IsUppercase": r"\p{Lu}",
    "IsLowercase": r"\p{Ll}", "IsPunctuation": r"\p{P}", "IsWhite_Space": rf"{_SPACES}\x{{85}}\pZ",
}  # fmt: skip

_UNKNOWN_ESCAPES = {
    "G": "the end of the previous match, and there is only one match",
    "Z": "the end before a last line feed: write `\\z`, or nothing, because the whole text must match",
    "X": "a whole character with its marks",
    "N": "a character by its name: write it as it is",
}
_SEEK = "(a pattern is matched in one pass, whatever the text)"


def to_re2(pattern: str) -> str:
    """The pattern for RE2. Raises ValueError with a sentence, without its full stop, for what RE2 cannot do."""
    return _Reading(pattern).translated()


class _Reading:
    """One pass over a pattern."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._dots = [_dot("")]
        """What a dot means, in each of the groups that are open."""
        self._in_class = False
        self._begun = ""
        """The class that is open, as long as nothing but its beginning was read: `[` or `[^`."""

    def translated(self) -> str:
        return "".join(self._token(found) for found in _TOKEN.finditer(self._pattern))

    def _token(self, found: re.Match[str]) -> str:
        kind, written = str(found.lastgroup), found[0]
        if self._in_class and kind in ("look", "atomic", "named", "flags", "possessive"):
            return "".join(self._sign(sign) for sign in written)
        if kind == "flags":
            return self._flags(found)
        if kind != "sign":
            self._begun = ""
        reader: Callable[[str], str] = getattr(self, f"_{kind}")
        return reader(written)

    def _quoted(self, written: str) -> str:
        text = written[2:].removesuffix("\\E")
        return "".join(f"\\{sign}" if sign.isascii() and not sign.isalnum() and sign != "\n" else sign for sign in text)

    def _surrogates(self, written: str) -> str:
        high, low = int(written[2:6], 16), int(written[8:], 16)
        return f"\\x{{{0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF):x}}}"

    def _unicode(self, written: str) -> str:
        return f"\\x{{{written[2:]}}}"

    def _octal(self, written: str) -> str:
        return f"\\x{{{int(written[2:], 8):x}}}"

    def _control(self, written: str) -> str:
        return f"\\x{{{ord(written[2]) ^ 64:x}}}"

    def _property(self, written: str) -> str:
        name = written[3:-1]
        known = _PROPERTIES.get(name)
        if known is None:
            return f"{written[:3]}{name.removeprefix('Is')}}}"
        return self._set(known, negated=written[1] == "P", written=written)

    def _back(self, written: str) -> str:
        raise ValueError(f"`{written}` refers back to what a group has matched, which is not supported {_SEEK}")

    def _escape(self, written: str) -> str:
        letter = written[1]
        if letter in _UNKNOWN_ESCAPES:
            raise ValueError(f"`{written}` is not supported: it stands for {_UNKNOWN_ESCAPES[letter]}")
        if letter == "e":
            return r"\x{1b}"
        if letter == "R" and not self._in_class:
            return rf"(?:\r\n|[{_BREAKS}])"
        if letter.lower() in _SETS:
            return self._set(_SETS[letter.lower()], negated=letter.isupper(), written=written)
        return written

    def _set(self, inside: str, *, negated: bool, written: str) -> str:
        """A set of characters, on its own or within a class."""
        if not self._in_class:
            return f"[{'^' if negated else ''}{inside}]"
        if not negated:
            return inside
        if written == "\\S":
            return written  # it has one character more than Java's, the vertical tab
        raise ValueError(f"`{written}` cannot stand within `[ ]`: put it beside the class, as in `(?:[ab]|{written})`")

    def _look(self, written: str) -> str:
        where = "behind" if "<" in written else "ahead"
        raise ValueError(f"`{written}` looks {where} without matching, and look-around is not supported {_SEEK}")

    def _atomic(self, written: str) -> str:
        raise ValueError(f"`{written}` begins an atomic group, which is not supported {_SEEK}")

    def _possessive(self, written: str) -> str:
        raise ValueError(f"`{written}` is a possessive quantifier, which is not supported {_SEEK}: leave out the `+`")

    def _intersection(self, written: str) -> str:
        if self._in_class:
            raise ValueError("`&&` within `[ ]` intersects classes, which is not supported: for two signs, write `\\&`")
        return written

    def _named(self, written: str) -> str:
        self._dots.append(self._dots[-1])
        return "("

    def _flags(self, found: re.Match[str]) -> str:
        """`(?is)` for what follows in this group, `(?is-m:` for a group of its own."""
        on, off = found["on"], found["off"] or ""
        for flag, why in (("x", "comments in patterns are"), ("U", "classes like `\\w` for every script are")):
            if flag in on + off:
                raise ValueError(f"the flag `{flag}` is not supported, {why} not: write out what you mean")
        dot = self._dots[-1] if not set(on + off) & set("sd") else _dot(on)
        if found["end"] == ":":
            self._dots.append(dot)
        else:
            self._dots[-1] = dot
        kept_on, kept_off = (re.sub("[ud]", "", flags) for flags in (on, off))
        kept = kept_on + (f"-{kept_off}" if kept_off else "")
        return f"(?{kept}{found['end']}" if kept or found["end"] == ":" else ""

    def _sign(self, sign: str) -> str:
        if self._in_class:
            return self._sign_in_class(sign)
        if sign == "[":
            self._in_class, self._begun = True, "["
        elif sign == "(":
            self._dots.append(self._dots[-1])
        elif sign == ")" and len(self._dots) > 1:
            self._dots.pop()
        return self._dots[-1] if sign == "." else sign

    def _sign_in_class(self, sign: str) -> str:
        if sign == "[":
            raise ValueError("`[` within `[ ]` begins a class in a class, which is not supported: "
                             "put all into one, or write `\\[` for the sign")  # fmt: skip
        self._in_class = sign != "]" or bool(self._begun)
        self._begun = "[^" if sign == "^" and self._begun == "[" else ""
        return sign


def _dot(flags: str) -> str:
    if "s" in flags:
        return "."
    return r"[^\n]" if "d" in flags else f"[^{_LINE_ENDS}]"
