# Scenarios of this project, in the form of the TCK: what the runner must tell apart.
Feature: The runner

  Background:
    Given an empty graph

  Scenario: [right] Nodes and paths
    And having executed:
      """
      CREATE (a:A {n: 1})-[:T {w: 2}]->(b:B)
      WITH a UNWIND [1, 2] AS i CREATE (a)-[:U]->(:C {i: i})
      """
    When executing query:
      """
      MATCH p = (a)-[:T]->(b) RETURN a, p, 'x|y' AS s
      """
    Then the result should be, in any order:
      | a            | p                                | s      |
      | (:A {n: 1})  | <(:A {n: 1})-[:T {w: 2}]->(:B)>  | 'x\|y' |
    And no side effects

  Scenario: [right] Relationships that were deleted are gone
    And having executed:
      """
      CREATE (:A)-[:T]->(:B)
      """
    And having executed:
      """
      MATCH ()-[r:T]->() DELETE r
      """
    When executing query:
      """
      MATCH ()-[r]->() RETURN count(r) AS n
      """
    Then the result should be, in any order:
      | n |
      | 0 |

  Scenario: [right] Parameters and procedures
    And parameters are:
      | n | 2 |
    And there exists a procedure test.twice(of :: INTEGER?) :: (name :: STRING?):
      | of | name  |
      | 1  | 'one' |
      | 2  | 'two' |
    When executing query:
      """
      CALL test.twice($n) YIELD name RETURN name
      """
    Then the result should be, in order:
      | name  |
      | 'two' |

  Scenario: [right] An error at its time
    When executing query:
      """
      RETURN nothing
      """
    Then a SyntaxError should be raised at compile time: UndefinedVariable

  Scenario: [wrong] Another value
    When executing query:
      """
      RETURN 1 AS x
      """
    Then the result should be, in any order:
      | x |
      | 2 |

  Scenario: [wrong] Another order
    When executing query:
      """
      UNWIND [1, 2] AS x RETURN x
      """
    Then the result should be, in order:
      | x |
      | 2 |
      | 1 |

  Scenario: [wrong] Another column
    When executing query:
      """
      RETURN 1 AS x
      """
    Then the result should be, in any order:
      | y |
      | 1 |

  Scenario: [wrong] No error where one is wanted
    When executing query:
      """
      RETURN 1 AS x
      """
    Then a TypeError should be raised at runtime: InvalidArgumentType

  Scenario: [wrong] An error where a result is wanted
    When executing query:
      """
      RETURN nothing AS x
      """
    Then the result should be, in any order:
      | x |

  Scenario: [wrong] An error at another time
    When executing query:
      """
      RETURN nothing
      """
    Then a SyntaxError should be raised at runtime: UndefinedVariable

  Scenario: [wrong] A step that nobody knows
    Then the moon should be full

  Scenario: [skip] A query that writes
    When executing query:
      """
      MATCH (n) SET n.x = 1
      """
    Then the result should be empty

  Scenario Outline: An outline of <a>
    When executing query:
      """
      RETURN <a> AS x
      """
    Then the result should be, in any order:
      | x   |
      | <b> |

    Examples:
      | a   | b   |
      | 1   | 1   |
      | 'b' | 'b' |
      | 2   | 3   |
