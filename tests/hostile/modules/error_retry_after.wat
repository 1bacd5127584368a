;; Attack: Answers with an error that asks for a retry in a million years.
;; Expect: failed part:busy
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "{\22error\22:{\22code\22:\22busy\22,\22retryable\22:true,\22retry_after_ms\22:31536000000000000}}")
  (func (export "_start") (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 77)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
