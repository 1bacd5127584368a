;; Attack: Asks for the same answer for ever, and never has room for it.
;; Expect: failed timeout
;; With: tape=1 timeout_ms=50
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:\22now\22}")
  (func (export "_start") (loop $again (drop (call $call (i32.const 0) (i32.const 12) (i32.const 1024) (i32.const 0))) (br $again))))
