;; Attack: Has the answer written over the request.
;; Expect: output true
;; With: tape=1
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:\22now\22}")
  (data (i32.const 1024) "true")
  (func (export "_start") (drop (call $call (i32.const 0) (i32.const 12) (i32.const 4) (i32.const 500))) (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
