// Rows of cells, some of which fail or are no list; beside them, one node for each name.
CREATE (begin)-[:FOR_EACH {item: 'row', in: $rows, on_fail: 'collect'}]->(line {n: row_index})
CREATE (line)-[:FOR_EACH {item: 'value', in: row.cells, concurrency: 2, on_fail: 'collect', when: line.n >= 0}]->(cell:work {v: value, row: row_index, at: value_index, id: uuid()})
CREATE (cell)-[:COLLECT]->(sum {values: [c IN cell WHERE c.v IS NOT NULL | c.v], row: row_index})-[:COLLECT]->(all)
CREATE (begin)-[:ON_SUCCESS]->(greet:work {for_each: $names, as: 'who', text: 'Hello {{ who }}', retry: {attempts: 2, delay: '1s'}})
RETURN all AS sums, cell, greet, size(line) AS lines
