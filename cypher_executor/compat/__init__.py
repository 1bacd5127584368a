"""What clients of Neo4j ask, in Neo4j's own words, and what they are told. Bolt and the HTTP Query API stand on it.

desk        Desk.ask: a question of a client becomes an Answer, or one of `refusals`
commands    SHOW, rewritten as CALL; scanning: words of a text outside of strings and brackets
procedures  what CALL knows beside what ships: dbms.*, db.schema.*; tables: what stands in their rows
deeds       CALL executor.run and executor.save, the only questions that do something
refusals    what is wrong, with Neo4j's codes
discovery   what tools ask first: what there is, and where
plans       the plan of an EXPLAIN, as drivers read it; notices: warnings
json_values values as the HTTP Query API writes and reads them
"""
