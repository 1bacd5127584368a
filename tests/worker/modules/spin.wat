;; Computes for @TIMES@ turns, then writes `true`.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\04\00\00\00true")
  (func (export "_start") (local $n i32) (local $x i64)
    (loop $more
      (local.set $x (i64.add (i64.rotl (local.get $x) (i64.const 7)) (i64.extend_i32_u (local.get $n))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $n) (i32.const @TIMES@))))
    (i64.store (i32.const 64) (local.get $x))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))))
