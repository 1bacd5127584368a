// A part that answers twice, and the way out of that.
CREATE (:Recipe {name: 'babbler'})
CREATE (bad:babbler {})-[:ON_FAIL]->(sorry:set {code: bad.error.code})
RETURN sorry.code AS code
