// parallel_fanout.cypher: one text, three treatments at the same time.
//
// A recipe is a drawing. `CREATE` draws nodes and relationships; what stands in round brackets is a node, what stands
// between `-[` and `]->` says when the next node runs. Try it:
//
//   cypher-executor run parallel_fanout -d text='The quick brown fox ...' -d target_lang=de

// This node describes the recipe. `input` is a JSON Schema: a request that does not fit it is refused before anything runs.
CREATE (:Recipe {
  name: 'parallel_fanout',
  description: 'Summarise, translate and classify one text',
  input: {
    type: 'object',
    required: ['text', 'target_lang'],
    properties: {text: {type: 'string'}, target_lang: {type: 'string'}}
  }
})

// A node without a label runs nothing: this one is only the place where three ways begin.
CREATE (begin)

// Three relationships leave it, so three nodes start at the same moment. Each starts another recipe as a run of its own,
// with its own copy of the input, and has succeeded as soon as that run is safely accepted: nobody waits for anybody.
// To add or remove a treatment, add or remove one line.
CREATE (begin)-[:ON_SUCCESS]->(summary:trigger_workflow {workflow: 'summarise', input: {text: $text}})
CREATE (begin)-[:ON_SUCCESS]->(english:trigger_workflow {workflow: 'translate', input: {text: $text, to: $target_lang}})
CREATE (begin)-[:ON_SUCCESS]->(topic:trigger_workflow {workflow: 'classify', input: {text: $text}})

// What the run gives. The output of a node is its name: `summary` is {run_id, workflow, status}.
RETURN summary.run_id AS summary, english.run_id AS english, topic.run_id AS topic
