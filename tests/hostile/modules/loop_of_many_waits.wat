;; Attack: Waits for 1,024 things at once, for ever.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (func (export "_start") (loop $again (drop (call $poll_oneoff (i32.const 0) (i32.const 65536) (i32.const 1024) (i32.const 200000))) (br $again))))
