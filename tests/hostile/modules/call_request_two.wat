;; Attack: A request with two requests.
;; Expect: failed invalid_call
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:\22now\22}{\22op\22:\22now\22}")
  (func (export "_start")  (drop (call $call (i32.const 0) (i32.const 24) (i32.const 100) (i32.const 100)))))
