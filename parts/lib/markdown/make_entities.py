"""Writes `entities.txt`: the named character references of HTML, from Python's own copy of the standard's table.

    python make_entities.py

A line for each name that ends with a semicolon: the name, a space, the characters as hexadecimal code points.
"""

from __future__ import annotations

from html.entities import html5
from pathlib import Path


def main() -> None:
    """Write the file beside this one."""
    named = sorted((name[:-1], text) for name, text in html5.items() if name.endswith(";"))
    lines = [f"{name} {' '.join(f'{ord(char):x}' for char in text)}\n" for name, text in named]
    Path(__file__).with_name("entities.txt").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
