// A fork into four pure parts, and a join.
CREATE (:Recipe {name: 'fan'})
CREATE (start:set {n: $n})
CREATE (start)-[:ON_SUCCESS]->(a:set {v: start.n + 1})
CREATE (start)-[:ON_SUCCESS]->(b:set {v: start.n + 2})
CREATE (start)-[:ON_SUCCESS]->(c:set {v: start.n + 3})
CREATE (start)-[:ON_SUCCESS]->(d:set {v: start.n + 4})
CREATE (a)-[:ON_SUCCESS]->(j:set {sum: a.v + b.v + c.v + d.v}), (b)-[:ON_SUCCESS]->(j), (c)-[:ON_SUCCESS]->(j), (d)-[:ON_SUCCESS]->(j)
RETURN j.sum AS sum
