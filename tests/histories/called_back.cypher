CREATE (prepare:encode {operation: 'none', text: $order})
CREATE (prepare)-[:ON_SUCCESS]->(approve:wait_for_callback {schema: {type: 'object'}, note: 'order {{ $order }}', timeout: '2h'})
CREATE (prepare)-[:FOR_EACH {item: 'line', in: prepare.lines}]->(pay:wait_for_callback {note: line})
CREATE (pay)-[:COLLECT]->(book:encode {operation: 'none', text: pay})
CREATE (approve)-[:ON_SUCCESS]->(book)
RETURN approve AS approved, pay AS paid, book.booked AS booked
