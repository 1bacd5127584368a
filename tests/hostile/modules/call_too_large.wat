;; Attack: A request of one byte more than 4 MiB.
;; Expect: failed request_limit
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 80)
  (data (i32.const 0) "")
  (func (export "_start")  (drop (call $call (i32.const 0) (i32.const 4194305) (i32.const 0) (i32.const 0)))))
