CREATE (begin)
CREATE (begin)-[:ON_SUCCESS]->(everyone:wait_for_workflows {runs: $runs, timeout: '1m', on_timeout: 'partial'})
CREATE (begin)-[:ON_SUCCESS]->(some:wait_for_workflows {runs: $runs, mode: 2, on_child_fail: 'fail'})
CREATE (begin)-[:ON_SUCCESS]->(asks:trigger_workflow {workflow: 'ask', input: {a: 1}, wait: true})
CREATE (some)-[:ON_FAIL]->(told)
RETURN everyone.pending AS pending, some.error.code AS why, asks.status AS asked
