// Asks until the job is done; then waits, and is cancelled twice.
CREATE (job:http_request {url: $url, repeat: {until: job.done, every: '5s', times: 3}, timeout: '10s', deadline: '1m'})
CREATE (job)-[:ON_SUCCESS]->(pause:wait {seconds: 60})-[:ON_COMPLETE]->(clean:wait {seconds: 60})-[:ON_COMPLETE]->(never)
