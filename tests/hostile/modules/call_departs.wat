;; Attack: Asks for something else than the last time.
;; Expect: failed nondeterministic
;; With: tape=1
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:\22log\22}")
  (func (export "_start") (drop (call $call (i32.const 0) (i32.const 12) (i32.const 1024) (i32.const 4096)))))
