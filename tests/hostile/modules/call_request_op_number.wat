;; Attack: A request with a number for an op.
;; Expect: failed invalid_call
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:1}")
  (func (export "_start")  (drop (call $call (i32.const 0) (i32.const 8) (i32.const 100) (i32.const 100)))))
