// summarise.cypher: the sentences of a text that say the most. A child of parallel_fanout, and a recipe like any other.
CREATE (:Recipe {
  name: 'summarise',
  description: 'The most telling sentences of a text',
  input: {
    type: 'object',
    required: ['text'],
    properties: {text: {type: 'string'}, sentences: {type: 'integer', minimum: 1, default: 2}}
  }
})

// `summarise_text` is the part that runs, in a sandbox of its own. The map is its input; `$text` is from the run's input.
CREATE (pick:summarise_text {text: $text, sentences: $sentences})

RETURN pick.text AS summary
