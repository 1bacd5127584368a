;; Attack: Writes 1,024 pieces of the same 60 KiB to its log in one call, for ever.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 3)
  (func (export "_start") (local $i i32)
    (loop $fill
      (i32.store (local.get $i) (i32.const 65536)) (i32.store offset=4 (local.get $i) (i32.const 61440))
      (local.set $i (i32.add (local.get $i) (i32.const 8))) (br_if $fill (i32.lt_u (local.get $i) (i32.const 8192))))
    (loop $again (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1024) (i32.const 16384))) (br $again))))
