;; Attack: An op that nobody knows: the engine decides, not the worker.
;; Expect: called
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:\22system\22}")
  (func (export "_start")  (drop (call $call (i32.const 0) (i32.const 15) (i32.const 0) (i32.const 0)))))
