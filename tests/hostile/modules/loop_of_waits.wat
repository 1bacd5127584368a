;; Attack: Waits with poll_oneoff for ever, for 2^64 - 1 ns each time.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 24) "\ff\ff\ff\ff\ff\ff\ff\ff")
  (func (export "_start") (loop $again (drop (call $poll_oneoff (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512))) (br $again))))
