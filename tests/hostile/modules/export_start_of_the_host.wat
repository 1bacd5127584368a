;; Attack: _start is an imported function.
;; Expect: refused _start
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield  (result i32)))
  (export "_start" (func $sched_yield))
  (memory (export "memory") 1))
