;; Attack: Writes an answer, then calls: the call counts.
;; Expect: called
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22op\22:\22now\22}")
  (data (i32.const 1024) "true")
  (func (export "_start") (i32.store (i32.const 64) (i32.const 1024)) (i32.store (i32.const 68) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 80))) (drop (call $call (i32.const 0) (i32.const 12) (i32.const 2048) (i32.const 4096)))))
