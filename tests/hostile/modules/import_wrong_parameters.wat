;; Attack: Imports fd_write with 64-bit pointers.
;; Expect: refused another type
(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i64 i64 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
