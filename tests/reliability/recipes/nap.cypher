// A durable wait between two effects.
CREATE (:Recipe {name: 'nap'})
CREATE (before:http_request {method: 'POST', url: 'SINK/ok', body: {n: $n, label: 'before'}})
CREATE (nap:wait {seconds: 0.3})
CREATE (after:http_request {method: 'POST', url: 'SINK/ok', body: {n: $n, label: 'after'}})
CREATE (before)-[:ON_SUCCESS]->(nap)-[:ON_SUCCESS]->(after)
RETURN after.body.label AS label
