// Somebody is told an address and calls it, perhaps before the wait has begun; a sibling goes on meanwhile.
CREATE (:Recipe {name: 'ask'})
CREATE (tell:http_request {method: 'POST', url: 'SINK/tell', body: {n: $n, label: 'tell', call: callbackUrl('ask')}})
CREATE (tell)-[:ON_SUCCESS]->(ask:wait_for_callback {note: 'a test', schema: {type: 'object', required: ['n']}})
CREATE (beside:http_request {method: 'POST', url: 'SINK/ok', body: {n: $n, label: 'beside'}})
CREATE (ask)-[:ON_SUCCESS]->(done:http_request {method: 'POST', url: 'SINK/ok', body: {n: ask.n, label: 'done'}}), (beside)-[:ON_SUCCESS]->(done)
RETURN ask.n AS n, ask.by AS by, done.body.label AS label
