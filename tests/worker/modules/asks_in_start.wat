;; Makes its call in the start function.
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"op\":\"now\"}")
  (func $start (drop (call $call (i32.const 0) (i32.const 12) (i32.const 64) (i32.const 64))))
  (start $start)
  (func (export "_start")))
