;; Attack: Imports the same function a thousand times.
;; Expect: output true
(module
  @repeat(1000)<(import "wasi_snapshot_preview1" "fd_write" (func $w{i} (param i32 i32 i32 i32) (result i32)))>@
  (memory (export "memory") 1)
  (data (i32.const 1024) "true")
  (func $write (param i32 i32 i32 i32) (result i32) (call $w999 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "_start") (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
