;; Writes @TEXT@, which is @SIZE@ bytes long.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 0) "\10\00\00\00")
  (data (i32.const 16) "@TEXT@")
  (func (export "_start")
    (i32.store (i32.const 4) (i32.const @SIZE@))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
