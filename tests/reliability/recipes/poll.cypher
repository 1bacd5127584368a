// An effect that is asked for until it is ready, which is at the third turn.
CREATE (:Recipe {name: 'poll'})
CREATE (poll:http_request {method: 'POST', url: 'SINK/poll', body: {n: $n, label: 'poll'}, repeat: {until: poll.body.ready, every: '20ms', times: 5}})
RETURN poll.body.ready AS ready
