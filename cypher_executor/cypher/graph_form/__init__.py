"""The graph form of a recipe: the same recipe as a graph that a database of graphs can keep.

What authors write does not survive there: a database evaluates `$text` at once, forgets variables, and has no maps. In
the graph form

  * every node is a `:Node` with `name` and `part`; tags are further labels;
  * a property is a scalar, a list of one type, or a string;
  * an expression is a string: `'{{ $text }}'`. Within it everything reads as authors write it;
  * lists and maps that a property cannot hold are JSON texts, with such strings in them;
  * inputs called `name` and `part` are `` `in.name` `` and `` `in.part` ``; an empty map of inputs is
    `` `in.`: '{}' ``;
  * what RETURN gives is the property `returns` of the :Recipe node.

`values` says how expressions become properties, `decoding` how they are got back, `keys` is about names. Planning
begins with `plan.graph_form`, which turns the syntax tree of a graph form into that of an authors' form; `build` and
`text` go the other way. Nothing is imported here, because planning imports from here.
"""
