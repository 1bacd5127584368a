"""What a service and its followers say to each other: one JSON object a line.

| to the follower                  |                                                                                   |
| ---                              | ---                                                                               |
| `begin`: {what, data_dir, ...}   | the first line: what to follow into, and where that is                            |
| `parts`: [...]                   | all parts that there are now; the second line, and again whenever that changes    |
| `catch_up`: number               | follow until the graph has all that is on disk now, and say so                    |

| from the follower                |                                                                                   |
| ---                              | ---                                                                               |
| `status`: {position, ...}        | how the mirror stands (`mirror.Status`), at first and whenever that changes       |
| `caught_up`: number, `behind_ms` | the answer to `catch_up`; with `failure`: {message, code, next_actions} instead   |
| `log`: {level, logger, text}     | a record for the service's log                                                    |
"""

from __future__ import annotations

import json
from typing import Any

from cypher_executor.errors import Unavailable

Message = dict[str, Any]

LONGEST = 64 * 1024 * 1024
"""Of a line, in bytes. All parts stand in one."""


def line(message: Message) -> bytes:
    """A message as it is sent."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def read(given: bytes) -> Message:
    """A message from its line. Raises ValueError."""
    message = json.loads(given)
    if not isinstance(message, dict):
        raise ValueError("a message is an object")
    return message


def told(failure: Unavailable) -> Message:
    """A failure as it is sent."""
    return {"message": failure.message, "code": failure.code, "next_actions": failure.next_actions}


def failure(given: Message) -> Unavailable:
    """A failure as it was sent."""
    return Unavailable(given["message"], code=given["code"], next_actions=given["next_actions"])
