;; Attack: Three thousand branches, all to one place, each with other values.
;; Expect: output true
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "true")
  (func (export "_start") (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))
  (func (param i64) (result i64) (local i64) (block $end @repeat(3000)<(local.set 1 (i64.add (local.get 1) (i64.const {i}))) (br_if $end (i64.eq (local.get 0) (i64.const {i})))>@) (local.get 1)))
