;; Attack: Computes for a second or so, then answers: too late.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "true")
  (func (export "_start") (local $n i64) (loop $l (local.set $n (i64.add (i64.rotl (local.get $n) (i64.const 7)) (i64.const 1))) (local.set 0 (local.get $n)) (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))) (br_if $l (i32.lt_u (i32.load (i32.const 0)) (i32.const 300000000)))) (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
