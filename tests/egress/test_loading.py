"""The HTTP client is loaded when the first request comes, and no request fails for it."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from cypher_executor.adapters.egress import Egress
from tests.egress.conftest import Canary
from tests.egress.test_http import ask

FRESH = """
import asyncio, sys
from cypher_executor.adapters.egress import Egress
from cypher_executor.core.grants import RecipeGrants
from cypher_executor.core.parts import Grants
from cypher_executor.core.patterns import EVERYTHING
from cypher_executor.ports import CallContext
granted = {"grants": Grants(http=("*",)), "allowed": RecipeGrants((EVERYTHING,))}
context = CallContext("run_1", "n", (), 1, "http_request", "key", **granted)
async def main():
    egress = Egress(allow=[sys.argv[2]])
    assert not {"aiohttp", "yarl"} & sys.modules.keys(), "loaded before it is needed"
    requests = [egress.http_request({"op": "http_request", "url": sys.argv[1]}, context) for _ in range(5)]
    answers = await asyncio.gather(*requests)
    await egress.close()
    print(*(answer.get("status") for answer in answers))
asyncio.run(main())
"""


async def test_the_first_requests_load_the_client_and_are_all_answered(canary: Canary) -> None:
    command = [sys.executable, "-W", "error", "-c", FRESH, canary.url(), f"127.0.0.1:{canary.port}"]
    made = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert (made.stdout.strip(), made.stderr) == ("200 200 200 200 200", "")


async def test_an_egress_that_was_never_used_is_closed_without_loading_anything() -> None:
    egress = Egress()
    await egress.close()
    assert (await ask(egress, "http://127.0.0.1/"))["error"]["code"] == "egress_refused"
    await egress.close()
