"""The fixtures of `tests/bolt`, which is how the desk is asked here."""

from tests.bolt.conftest import answers, desk, talk

__all__ = ["answers", "desk", "talk"]
