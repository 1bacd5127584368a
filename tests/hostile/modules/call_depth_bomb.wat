;; Attack: A request of 4 MiB of brackets.
;; Expect: failed invalid_call
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 80)
  (data (i32.const 0) "")
  (func (export "_start") (memory.fill (i32.const 0) (i32.const 91) (i32.const 4194304)) (drop (call $call (i32.const 0) (i32.const 4194304) (i32.const 0) (i32.const 0)))))
