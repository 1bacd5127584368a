;; Attack: Room for an answer that wraps around 2^32, with an answer at hand.
;; Expect: failed trap
;; With: tape=1
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:\22now\22}")
  (func (export "_start")  (drop (call $call (i32.const 0) (i32.const 12) (i32.const -8) (i32.const 16)))))
