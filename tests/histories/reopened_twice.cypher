CREATE (begin)-[:FOR_EACH {item: 'page', in: $pages, concurrency: 2}]->(fetch:encode {text: page})
CREATE (fetch)-[:COLLECT]->(publish:trigger_workflow {workflow: 'publish', input: fetch, wait: true, timeout: '1h'})
CREATE (publish)-[:ON_COMPLETE]->(tidy:encode {text: 'tidy'})
RETURN publish.result.url AS url
