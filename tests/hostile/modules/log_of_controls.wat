;; Attack: Writes terminal commands, wrong UTF-8 and other people's log lines to its log.
;; Expect: output null
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 512) "\1b]0;owned\07\1b[2J\ff\fe\c0\80\0a2026-01-01 INFO all is well\0d\e2\80\ae")
  (data (i32.const 1024) "null")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 512)) (i32.store (i32.const 4) (i32.const 60))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16)))
    (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
