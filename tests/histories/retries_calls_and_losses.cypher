// A part that calls out, sleeps, loses its worker and is tried again; and a wait beside it.
CREATE (fetch:http_request {
  method: 'GET', url: $url, timeout: '10s', deadline: '1m',
  retry: {attempts: 3, delay: '1s', on: ['timeout', 'http_5xx']}
})
CREATE (pause:wait {seconds: '1m30s'})
CREATE (fetch)-[:ON_SUCCESS]->(done {status: fetch.status})
CREATE (pause)-[:ON_COMPLETE]->(done)
