// error_retry.cypher: call; if that fails wait and call again; if that fails too, tell a human.
//
//   cypher-executor run error_retry -d url=https://example.com/
//
// A failure that leads somewhere is handled, so this run succeeds whichever way it takes.
CREATE (:Recipe {
  name: 'error_retry',
  description: 'Call, on failure wait, call again, then tell a human',
  input: {
    type: 'object',
    required: ['url'],
    properties: {
      url: {type: 'string'},
      pause: {type: ['number', 'string'], default: 2, description: 'How long to wait: seconds, or a text like 500ms'}
    }
  },
  // The host is only known when the recipe runs, so it does not grant itself: the author says what may
  // be called, here every host on every port.
  grants: {http: ['https://*:*', 'http://*:*']}
})

// `timeout` steers the step and is no input of the part: each attempt may take so long and no longer.
CREATE (call:http_request {method: 'GET', url: $url, timeout: '10s'})

// ON_FAIL is taken when a step has failed for good, whatever the cause. While it waits, a run holds nothing: no thread, no
// memory beyond its row, and a restart of the machine does not disturb it.
CREATE (call)-[:ON_FAIL]->(pause:wait {seconds: $pause})

// The second call is itself tried twice, but only when trying again can help. For one step that fails now and then
// `retry` is all that is needed; a drawing is for what should happen in between.
CREATE (pause)-[:ON_SUCCESS]->(again:http_request {
  method: 'GET',
  url: $url,
  timeout: '10s',
  retry: {attempts: 2, delay: '500ms', on: ['timeout', 'http_5xx']}
})

// A step that has failed is {error: {code, message, retryable, attempts}} to those that come after it.
CREATE (again)-[:ON_FAIL]->(tell:set {
  to: 'whoever is on call',
  message: 'Calling {{ $url }} failed: {{ call.error.message }} And again after a pause: {{ again.error.message }}'
})

// A step that was not needed is null, and so is everything inside of it.
RETURN coalesce(call.status, again.status) AS status, coalesce(call.body, again.body) AS body, tell.message AS message
