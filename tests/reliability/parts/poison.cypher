// A part that takes its worker with it, and the way out of that.
CREATE (:Recipe {name: 'poison'})
CREATE (bad:poison {})-[:ON_FAIL]->(sorry:set {code: bad.error.code})
RETURN sorry.code AS code
