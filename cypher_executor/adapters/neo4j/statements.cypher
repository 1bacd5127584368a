// name: constraint
// NAME, LABEL and what is put for them are of the model, never of a recipe.
CREATE CONSTRAINT NAME IF NOT EXISTS FOR (n:LABEL) REQUIRE n.`cx.key` IS UNIQUE

// name: index
CREATE INDEX NAME IF NOT EXISTS FOR (n:LABEL) ON (n.PROPERTY)

// name: position
MATCH (m:Mirror {`cx.key`: $source}) RETURN m.position AS position

// name: begin
MERGE (m:Mirror {`cx.key`: $source})
SET m.name = 'cypher-executor', m.position = 0, m.at = $at

// name: advance
MATCH (m:Mirror {`cx.key`: $source}) WHERE m.position = $before
SET m.position = $position, m.at = $at
RETURN m.position AS position

// name: nodes
UNWIND $rows AS row
MERGE (n:LABEL {`cx.key`: row.key})
SET n += row.properties

// name: labelled_nodes
UNWIND $rows AS row
MERGE (n:LABEL {`cx.key`: row.key})
SET n += row.properties
SET n:ADDED

// name: changing_nodes
UNWIND $rows AS row
MERGE (n:LABEL {`cx.key`: row.key})
SET n += row.properties
REMOVE n:REMOVED
SET n:ADDED

// name: relationships
UNWIND $rows AS row
MATCH (a:START {`cx.key`: row.start})
MATCH (b:END {`cx.key`: row.end})
MERGE (a)-[r:TYPE {`cx.key`: row.key}]->(b)
SET r += row.properties

// name: clear
MATCH (n) WHERE n.`cx.key` IS NOT NULL
WITH n LIMIT $limit
DETACH DELETE n
RETURN count(*) AS deleted

// name: find_recipe
// One that a person has drawn comes before one that was mirrored, and a newer version before an older one.
MATCH (r:Recipe {name: $name})
RETURN r, elementId(r) AS id, r.`cx.key` IS NULL AS drawn, r.version AS version
ORDER BY drawn DESC, version DESC
LIMIT 2

// name: recipe_names
MATCH (r:Recipe)
WHERE r.name IS NOT NULL
RETURN DISTINCT r.name AS name
ORDER BY name LIMIT 10000

// name: unlabelled_of_recipe
MATCH (r:Recipe)-[:HAS]->(n)
WHERE elementId(r) = $id AND NOT n:Node
RETURN n, labels(n) AS labels, r.name AS beside, 'HAS' AS type

// name: unlabelled_of_nodes
// Drawn onto nodes by what draws recipes, and not marked as a node of one.
MATCH (known:Node)-[r]-(n)
WHERE elementId(known) IN $ids AND toUpper(type(r)) IN $drawn AND NOT n:Node
RETURN n, labels(n) AS labels, known.name AS beside, type(r) AS type

// name: held_nodes
MATCH (r:Recipe)-[:HAS]->(n:Node)
WHERE elementId(r) = $id
RETURN n, elementId(n) AS id

// name: connected_nodes
// What somebody has drawn onto nodes that are known, and belongs to no recipe.
MATCH (known:Node)--(n:Node)
WHERE elementId(known) IN $ids AND NOT elementId(n) IN $ids AND NOT EXISTS { MATCH (:Recipe)-[:HAS]->(n) }
RETURN DISTINCT n, elementId(n) AS id

// name: free_nodes
MATCH (n:Node)
WHERE NOT EXISTS { MATCH (:Recipe)-[:HAS]->(n) }
RETURN n, elementId(n) AS id

// name: free_recipes
MATCH (r:Recipe)
WHERE NOT EXISTS { MATCH (r)-[:HAS]->(:Node) }
RETURN count(r) AS recipes

// name: drawn_relationships
MATCH (a:Node)-[r]->(b:Node)
WHERE elementId(a) IN $ids AND elementId(b) IN $ids
RETURN elementId(a) AS start, type(r) AS type, elementId(b) AS end, properties(r) AS properties, elementId(r) AS id
