;; the module imports wasi_snapshot_preview1.fd_write with another type than (i32, i32, i32, i32) -> (i32)
(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
