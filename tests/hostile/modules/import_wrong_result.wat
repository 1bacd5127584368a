;; Attack: Imports proc_exit with a result.
;; Expect: refused another type
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
