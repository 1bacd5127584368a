;; Attack: Imports cypher.call as a global.
;; Expect: refused another type
(module
  (import "cypher" "call" (global i32))
  (memory (export "memory") 1)
  (func (export "_start")))
