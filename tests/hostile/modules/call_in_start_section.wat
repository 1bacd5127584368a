;; Attack: Calls before _start is reached.
;; Expect: called
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:\22now\22}")
  (func $f (drop (call $call (i32.const 0) (i32.const 12) (i32.const 1024) (i32.const 4096))))
  (start $f)
  (func (export "_start")))
