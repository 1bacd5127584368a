// A loop with an effect for each item, two at a time.
CREATE (:Recipe {name: 'loop'})
CREATE (list {items: range(0, 3)})
CREATE (list)-[:FOR_EACH {in: list.items, concurrency: 2}]->(post:http_request {method: 'POST', url: 'SINK/ok', body: {n: $n, label: 'item-{{ item }}'}})
CREATE (post)-[:ON_SUCCESS]->(loud:string_ops {operation: 'upper', text: post.body.label})-[:COLLECT]->(all {labels: [one IN loud | one.result]})
RETURN all.labels AS labels
