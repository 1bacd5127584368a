;; Attack: Answers with an integer of 65 bits.
;; Expect: failed invalid_output
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "18446744073709551616")
  (func (export "_start") (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 20)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
