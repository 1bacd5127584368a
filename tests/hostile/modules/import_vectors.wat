;; Attack: Imports fd_write with a vector for a pointer: wasmtime's C API ends the process that asks for such a type.
;; Expect: refused another type
(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param v128 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
