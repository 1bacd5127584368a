// A wait for a callback, and nothing else: for those who call it all at once.
CREATE (:Recipe {name: 'doorbell'})
CREATE (ask:wait_for_callback {note: toString($n)})
RETURN ask.n AS n, ask.by AS by
