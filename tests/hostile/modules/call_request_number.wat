;; Attack: A request with an integer of 65 bits.
;; Expect: failed invalid_call
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:\22sleep\22,\22ms\22:99999999999999999999}")
  (func (export "_start")  (drop (call $call (i32.const 0) (i32.const 40) (i32.const 100) (i32.const 100)))))
