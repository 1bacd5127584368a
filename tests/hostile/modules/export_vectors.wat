;; Attack: Exports functions and globals of vectors beside what is asked for.
;; Expect: output true
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "true")
  (func (export "_start") (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))
  (func (export "f") (param v128) (result v128) (local.get 0))
  (global (export "g") v128 (v128.const i64x2 1 2)))
