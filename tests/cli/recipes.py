"""Recipes that the tests of the command line run."""

SHOUT = """CREATE (:Recipe {name: 'shout', input: {type: 'object', required: ['text'],
  properties: {text: {type: 'string'}, mark: {type: 'string', default: '!'}}}})
CREATE (upper:string_ops {operation: 'upper', text: $text})
RETURN upper.result + $mark AS shout
"""

FAILS = """CREATE (wrong:string_ops {operation: 'repeat', text: 'x', count: $count})
RETURN wrong.result AS never
"""

STARTS_SHOUT = """CREATE (child:trigger_workflow {workflow: 'shout', input: {text: $text}})
RETURN child.run_id AS child
"""

WAITS = """CREATE (long:wait {seconds: 600})
"""

WRONG = """CREATE (a:string_opz {operation: 'upper', text: $text})
CREATE (a)-[:ON_SUCCES]->(b:set {x: a.result, y: nope.z})
RETURN b.x AS x
"""
