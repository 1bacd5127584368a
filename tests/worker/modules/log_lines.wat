;; Writes @TEXT@ (@SIZE@ bytes) to its log, and null to its output.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 512) "@TEXT@")
  (data (i32.const 4096) "null")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 512)) (i32.store (i32.const 4) (i32.const @SIZE@))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16)))
    (i32.store (i32.const 8) (i32.const 4096)) (i32.store (i32.const 12) (i32.const 4))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
