// Two children, one of them waited for; the run is cancelled, and cleans up.
CREATE (begin)
CREATE (begin)-[:ON_SUCCESS]->(free:trigger_workflow {workflow: 'summarise', input: {text: $text}})
CREATE (begin)-[:ON_SUCCESS]->(held:trigger_workflow {workflow: 'translate', input: {text: $text}, wait: true, timeout: '1h'})
CREATE (held)-[:ON_SUCCESS]->(use:set {text: held.result.text})
CREATE (held)-[:ON_COMPLETE]->(clean:set {child: free.run_id})-[:ON_SUCCESS]->(report)
CREATE (use)-[:ON_COMPLETE]->(clean)
RETURN clean.child AS child
