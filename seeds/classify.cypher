// classify.cypher: what a text is about, by the words that it uses. A child of parallel_fanout.
CREATE (:Recipe {
  name: 'classify',
  description: 'The topic of a text',
  input: {type: 'object', required: ['text'], properties: {text: {type: 'string'}}}
})

CREATE (score:classify_text {text: $text})

RETURN score.topic AS topic
