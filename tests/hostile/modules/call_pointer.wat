;; Attack: A request outside of memory.
;; Expect: failed trap
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:\22now\22}")
  (func (export "_start")  (drop (call $call (i32.const 70000) (i32.const 12) (i32.const 0) (i32.const 0)))))
