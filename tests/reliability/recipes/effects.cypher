// Two effects, with pure work between them.
CREATE (:Recipe {name: 'effects'})
CREATE (one:http_request {method: 'POST', url: 'SINK/ok', body: {n: $n, label: 'one'}})
CREATE (loud:string_ops {operation: 'upper', text: one.body.label})
CREATE (two:http_request {method: 'POST', url: 'SINK/ok', body: {n: $n, label: 'two', after: loud.result}})
CREATE (one)-[:ON_SUCCESS]->(loud)-[:ON_SUCCESS]->(two)
RETURN loud.result AS first, two.body.label AS second
