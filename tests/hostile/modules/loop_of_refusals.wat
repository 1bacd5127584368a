;; Attack: Closes a descriptor that it does not have, for ever.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (loop $again (drop (call $fd_close (i32.const 77))) (br $again))))
