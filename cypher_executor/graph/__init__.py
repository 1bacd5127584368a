"""The graph of recipes and runs: one model, which queries see live and a mirror writes into a database. Pure.

model      labels, types of relationships and their meaning, as data
rows       what a projection gives: nodes and relationships, known by keys
recipes    a version of a recipe as rows; parts: a part; runs, steps: a run as far as it has come
ways       which relationships of a recipe a run has taken
shown      values as properties: texts, JSON, times
kept       rows in memory, as a graph that queries can be asked of
drawn      from a graph back to the recipe that it draws
"""
