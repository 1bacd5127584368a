;; Attack: Takes all 64 MiB and writes to every page of it: it may.
;; Expect: output true
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "true")
  (func (export "_start") (local $i i32) (drop (memory.grow (i32.const 1023)))
    (loop $l (i32.store offset=32 (local.get $i) (i32.const -1)) (local.set $i (i32.add (local.get $i) (i32.const 4096))) (br_if $l (i32.lt_u (local.get $i) (i32.const 67104768))))
    (i32.store (i32.const 1024) (i32.const 0x65757274)) (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
