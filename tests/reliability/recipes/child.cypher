// One effect, under a name that its parent gives it.
CREATE (:Recipe {name: 'child'})
CREATE (post:http_request {method: 'POST', url: 'SINK/ok', body: {n: $n, label: 'child-{{ $which }}'}})
RETURN post.body.label AS label
