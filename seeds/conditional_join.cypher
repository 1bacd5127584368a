// conditional_join.cypher: one of three ways, and then on together.
//
//   cypher-executor run conditional_join -d kind=invoice -d amount=1200
CREATE (:Recipe {
  name: 'conditional_join',
  description: 'Choose a way by the kind of a message, and go on whichever it was',
  input: {
    type: 'object',
    required: ['kind'],
    properties: {kind: {type: 'string'}, amount: {type: 'number', default: 0}}
  }
})

// `switch` gives {branch: ...}, and a relationship with `branch` is taken when that is its own.
CREATE (choose:switch {
  value: $kind,
  cases: [{match: 'invoice', branch: 'money'}, {match: ['question', 'complaint'], branch: 'people'}]
})
CREATE (choose)-[:ON_SUCCESS {branch: 'money'}]->(check:if_control {condition: $amount > 1000})
CREATE (choose)-[:ON_SUCCESS {branch: 'people'}]->(answer:set {desk: 'support', note: 'Somebody will answer.'})
// `otherwise` is taken when none of its siblings was.
CREATE (choose)-[:ON_SUCCESS {otherwise: true}]->(shelve:set {desk: 'archive', note: 'Nothing to do.'})

// An amount decides between two more ways. `when` does the same with an expression, and `null` is not true.
CREATE (check)-[:ON_SUCCESS {branch: 'true'}]->(approve:set {desk: 'management', note: 'Needs a signature.'})
CREATE (check)-[:ON_SUCCESS {when: check.result = false}]->(book:set {desk: 'accounting', note: 'Booked.'})

// The join. It waits until it is settled which of the four came to an end and runs once for whichever it was: a way that
// was not chosen never holds up a join. Ways that were not taken are null here.
CREATE (approve)-[:ON_SUCCESS]->(reply:set {
  desk: coalesce(approve.desk, book.desk, answer.desk, shelve.desk),
  text: 'Your {{ $kind }} went on. {{ coalesce(approve.note, book.note, answer.note, shelve.note) }}'
})
CREATE (book)-[:ON_SUCCESS]->(reply)
CREATE (answer)-[:ON_SUCCESS]->(reply)
CREATE (shelve)-[:ON_SUCCESS]->(reply)

RETURN reply.desk AS desk, reply.text AS text
