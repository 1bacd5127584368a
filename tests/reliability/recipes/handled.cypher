// A failure that leads somewhere.
CREATE (:Recipe {name: 'handled'})
CREATE (broken:http_request {method: 'POST', url: 'SINK/broken', body: {n: $n, label: 'broken'}})
CREATE (broken)-[:ON_FAIL]->(sorry:set {code: broken.error.code})
RETURN sorry.code AS code
