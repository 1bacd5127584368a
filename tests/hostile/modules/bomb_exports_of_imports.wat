;; Attack: Ten thousand imports of one function, each exported under a name of its own.
;; Expect: output true
(module
  @repeat(10000)<(import "wasi_snapshot_preview1" "sched_yield" (func $y{i} (result i32))) >@
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "true")
  (func (export "_start") (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))
  @repeat(10000)<(export "y{i}" (func $y{i})) >@)
