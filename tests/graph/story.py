"""What has happened in a small shop: enough for every question of the page to have an answer."""

from __future__ import annotations

import asyncio

from tests.graph.world import World

SHOP = """
CREATE (:Recipe {name: 'shop', grants: {http: ['https://stock.example/*'], secrets: ['SHOP_KEY']}})
CREATE (price:http_request {url: 'https://api.example.com/price', retry: {attempts: 2, delay: 0, jitter: false}})
CREATE (price)-[:ON_FAIL]->(estimate:set {total: 5})
CREATE (price)-[:ON_SUCCESS]->(take:set {total: 1})
CREATE (estimate)-[:ON_SUCCESS]->(report:set {ok: true})
"""
SHOP_2 = SHOP + "CREATE (report)-[:ON_SUCCESS]->(thanks:set {text: 'thanks'})"
BROKEN = "CREATE (:Recipe {name: 'broken'}) CREATE (ask:http_request {url: 'https://api.example.com/x'})"
SLOW = "CREATE (:Recipe {name: 'slow'}) CREATE (nap:wait {seconds: 86400})"
PARENT = """
CREATE (:Recipe {name: 'parent'})
CREATE (begin)-[:ON_SUCCESS]->(child:trigger_workflow {workflow: 'slow', input: {a: 1}, wait: true})
"""
LOOP = """
CREATE (:Recipe {name: 'loop'})
CREATE (list:set {items: [1, 2, 3]})-[:FOR_EACH {item: 'x', in: list.items}]->(double:set {v: x})
CREATE (double)-[:ON_SUCCESS]->(more:set {v: x + 1})-[:COLLECT]->(all:set {n: size(more)})
"""


async def told(world: World) -> dict[str, str]:
    """Let it happen; gives the run that questions about one run are asked of, and the other parameters."""
    await world.save(SHOP, SHOP_2, BROKEN, SLOW, PARENT, LOOP)
    async with world.running() as engine:
        for name in ("shop", "shop", "broken", "loop"):
            await world.start(engine, name)
        parent = await world.start(engine, "parent", wait=False)
        while await engine.inspect(parent, lambda run: run.state) != "waiting":
            await asyncio.sleep(0)
    world.clock.us += 2 * 3_600_000_000
    return {"run": parent, "recipe": "shop", "host": "api.example.com", "part": "http_request"}
