;; Attack: Imports a name that ends with a zero byte.
;; Expect: refused cypher.call
(module
  (import "cypher" "call\00" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
