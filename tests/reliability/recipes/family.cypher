// A child that is waited for, one that is only started, and a wait for that one.
CREATE (:Recipe {name: 'family'})
CREATE (a:trigger_workflow {workflow: 'child', input: {n: $n, which: 'a'}, wait: true})
CREATE (b:trigger_workflow {workflow: 'child', input: {n: $n, which: 'b'}})
CREATE (b)-[:ON_SUCCESS]->(watch:wait_for_workflows {runs: [b.run_id]})
CREATE (a)-[:ON_SUCCESS]->(both {a: a.result.label, watched: size(watch.succeeded)}), (watch)-[:ON_SUCCESS]->(both)
RETURN both.a AS a, both.watched AS watched
