;; Attack: Exports under names that turn the direction of writing, end lines, and hold a zero.
;; Expect: output true
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "true")
  (func (export "_start") (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))
  (export "\e2\80\ae\e2\81\a6" (func $write)) (export "a\0d\0ab" (func $write)) (export "a\00b" (func $write)) (export "{jsndi:x}" (func $write)))
