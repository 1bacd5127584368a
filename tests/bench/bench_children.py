"""Ten thousand children of one parent: started, joined, and what that takes.

    python -m tests.bench.bench_children [children ...]

In one shape the parent starts children that go on alone and joins them with `wait_for_workflows`; in the other each
step waits for its child itself (`wait: true`). A child is one pure part. The time is that of the parent, from its start
to its end as the journal has it. Each size runs beside a tenth of it, so that the factor between them shows whether the
cost grows with the square. Ends with exit code 1 when 10,000 take more than 15 s, a result is wrong, or `doctor --deep`
finds something afterwards.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from cypher_executor.cli.timeline import duration_ms
from tests.acceptance.support import Service, service

ALLOWED_S = {10_000: 15.0}
CHILD = (
    "CREATE (:Recipe {name: 'child'})\nCREATE (a:string_ops {operation: 'upper', text: $text}) RETURN a.result AS loud"
)
JOINED = """
    CREATE (all:trigger_workflow {for_each: range(1, $n), workflow: 'child', input: {text: 'hello'}})
    CREATE (all)-[:ON_SUCCESS]->(join:wait_for_workflows {runs: [one IN all | one.run_id], mode: 'all', timeout: '10m'})
    CREATE (join)-[:ON_SUCCESS]->(loud {loud: [id IN join.succeeded WHERE join.results[id].result.loud = 'HELLO']})
    RETURN size(join.succeeded) AS joined, size(loud.loud) AS right
"""
WAITED_FOR = """
    CREATE (all:trigger_workflow {for_each: range(1, $n), workflow: 'child', input: {text: 'hello'}, wait: true})
    CREATE (all)-[:ON_SUCCESS]->(join {done: [one IN all WHERE one.status = 'succeeded']})
    RETURN size(join.done) AS joined, size([one IN join.done WHERE one.result.loud = 'HELLO']) AS right
"""
SHAPES = {"joined by wait_for_workflows": JOINED, "each waited for": WAITED_FOR}


def main() -> int:
    sizes = [int(size) for size in sys.argv[1:]] or [1_000, 10_000]
    with tempfile.TemporaryDirectory() as folder:
        with service(Path(folder)) as one:
            assert one.request("PUT", "/recipes/child", content=CHILD).status_code == 201
            fine = [measure(one, shape, size) for shape in SHAPES for size in sizes]
        return 0 if all(fine) and sound(Path(folder)) else 1


def measure(one: Service, shape: str, size: int) -> bool:
    answer = one.request(
        "POST", "/runs", json={"cypher": SHAPES[shape], "input": {"n": size}}, headers={"prefer": "wait=120"}
    )
    run: dict[str, Any] = answer.json()
    took_s = (duration_ms(run) or 0) / 1000
    allowed_s = ALLOWED_S.get(size)
    said = "" if allowed_s is None else f" (at most {allowed_s:g} s)"
    print(f"{size} children, {shape}: {took_s:.2f} s, {took_s / size * 1000:.2f} ms each{said}")
    right = run["state"] == "succeeded" and run["result"] == {"joined": size, "right": size}
    if not right:
        print(json.dumps({"state": run["state"], "result": run["result"], "error": run["error"]}))
    return right and (allowed_s is None or took_s <= allowed_s)


def sound(folder: Path) -> bool:
    command = [sys.executable, "-m", "cypher_executor", "doctor", "--deep", "--data-dir", str(folder)]
    doctor = subprocess.run(command, capture_output=True, text=True, check=False)
    print(doctor.stdout.strip())
    return doctor.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
