;; Reads the clock twice, then 8 random bytes, waits 5 ms with poll_oneoff, reads the clock again, and writes all that:
;; 8 + 8 + 8 + 8 bytes, and 4 for the number of events that poll_oneoff reported.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 0)))
    (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 8)))
    (drop (call $random (i32.const 16) (i32.const 8)))
    (i64.store (i32.const 280) (i64.const 5000000))
    (drop (call $poll (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 32)))
    (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 24)))
    (i32.store (i32.const 132) (i32.const 36))
    (drop (call $write (i32.const 1) (i32.const 128) (i32.const 1) (i32.const 136)))))
