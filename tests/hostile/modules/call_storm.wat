;; Attack: Makes the same call for ever, with answers for 256 of them.
;; Expect: failed too_many_calls
;; With: tape=256
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:\22now\22}")
  (func (export "_start") (loop $again (drop (call $call (i32.const 0) (i32.const 12) (i32.const 1024) (i32.const 4096))) (br $again))))
