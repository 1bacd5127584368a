;; Attack: Writes the same 60 KiB a thousand times in one call.
;; Expect: failed output_limit
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "null")
  (func (export "_start") (local $i i32)
    (loop $fill
      (i32.store offset=1024 (local.get $i) (i32.const 65536)) (i32.store offset=1028 (local.get $i) (i32.const 61440))
      (local.set $i (i32.add (local.get $i) (i32.const 8))) (br_if $fill (i32.lt_u (local.get $i) (i32.const 8000))))
    (local.set $i (i32.const 0))
    (loop $more (drop (call $write (i32.const 1) (i32.const 1024) (i32.const 1000) (i32.const 8)))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $more (i32.lt_u (local.get $i) (i32.const 1))))
    (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 4))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
