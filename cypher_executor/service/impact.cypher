// name: part
// Recipes that have a node of a part.
MATCH (r:Recipe {current: true})-[:HAS]->(n:Node)-[:USES]->(:Part {name: $name})
RETURN r.name AS recipe, r.version AS version, n.name AS what

// name: host
// Every host that recipes may reach: whether it is the one, or a pattern that covers it, is looked at afterwards.
MATCH (r:Recipe {current: true})-[:REACHES]->(h:Host)
RETURN r.name AS recipe, r.version AS version, h.name AS what

// name: secret
MATCH (r:Recipe {current: true})-[:SENDS]->(s:Secret {name: $name})
RETURN r.name AS recipe, r.version AS version, s.name AS what

// name: starting
// Recipes that start others. A workflow that is worked out by the run could be any.
MATCH (r:Recipe {current: true})-[:HAS]->(n:Node {part: 'trigger_workflow'})
RETURN r.name AS recipe, r.version AS version, n.name AS node, n.workflow AS workflow

// name: open
MATCH (r:Run) WHERE r.name IN $names AND r.state IN ['pending', 'running', 'waiting', 'retrying']
RETURN r.name AS recipe, r.state AS state, count(*) AS runs

// name: lately
MATCH (r:Run) WHERE r.name IN $names AND r.started_at >= datetime() - duration('P30D')
RETURN r.name AS recipe, r.state AS state, count(*) AS runs
