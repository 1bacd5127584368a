;; Attack: Imports a function that preview 1 does not have.
;; Expect: refused fd_exec
(module
  (import "wasi_snapshot_preview1" "fd_exec" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
