// A choice, a failure that is handled, and a join that waits for both ways.
CREATE (kind:switch {value: $kind, cases: [{match: 'a', branch: 'left'}]})
CREATE (kind)-[:ON_SUCCESS {branch: 'left'}]->(left:set {n: $n + 1, who: '{{ $who }}!'})
CREATE (kind)-[:ON_SUCCESS {branch: 'right'}]->(right:set {n: 0})
CREATE (kind)-[:ON_SUCCESS {otherwise: true}]->(neither)
CREATE (right)-[:ON_SUCCESS]->(further)
CREATE (left)-[:ON_SUCCESS]->(both:merge)
CREATE (left)-[:ON_FAIL]->(excuse:set {why: left.error.code})-[:ON_SUCCESS]->(both)
CREATE (further)-[:ON_SUCCESS]->(both)
CREATE (both)-[:ON_SUCCESS {when: size(both.list) > 1}]->(many)
RETURN both.list AS list, excuse.why AS why, neither IS NULL AS chosen
