// translate.cypher: a text in other words, by a small table of them. A child of parallel_fanout.
CREATE (:Recipe {
  name: 'translate',
  description: 'A text, word by word, in another language',
  input: {type: 'object', required: ['text', 'to'], properties: {text: {type: 'string'}, to: {type: 'string'}}}
})

CREATE (words:translate_words {text: $text, to: $to})

RETURN words.text AS text, words.to AS language
