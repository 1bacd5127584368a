;; Attack: Answers with an error that only the engine may report.
;; Expect: failed part:worker_lost
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "{\22error\22:{\22code\22:\22worker_lost\22,\22message\22:\22x\22,\22retryable\22:true}}")
  (func (export "_start") (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 63)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
