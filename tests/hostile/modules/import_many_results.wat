;; Attack: Imports cypher.call with two results.
;; Expect: refused another type
(module
  (import "cypher" "call" (func (param i32 i32 i32 i32) (result i32 i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
