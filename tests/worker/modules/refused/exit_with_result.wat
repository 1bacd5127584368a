;; the module imports wasi_snapshot_preview1.proc_exit with another type than (i32) -> ()
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
