// An effect that succeeds at the third request: the first has no answer, the second a bad one.
CREATE (:Recipe {name: 'flaky'})
CREATE (try:http_request {method: 'POST', url: 'SINK/flaky', body: {n: $n, label: 'flaky'}, retry: {attempts: 5, delay: '20ms', factor: 1}})
CREATE (try)-[:ON_SUCCESS]->(done:set {label: try.body.label})
RETURN done.label AS label
