// The first failure that nobody handles ends the run, before its time-out does.
CREATE (:Recipe {name: 'failing_fast', fail_fast: true, timeout: '5m'})
CREATE (slow:http_request {method: 'GET', url: $url})-[:ON_COMPLETE]->(clean:set {was: slow})
CREATE (quick:set {n: $n})-[:ON_SUCCESS {when: quick.n > 0}]->(never)
CREATE (tried:set {n: 1, retry: {attempts: 2, delay: 2, jitter: false, on: ['part:bad']}})
