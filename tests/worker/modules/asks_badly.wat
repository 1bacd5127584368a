;; Gives cypher.call the arguments @ARGUMENTS@.
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $call @ARGUMENTS@))))
