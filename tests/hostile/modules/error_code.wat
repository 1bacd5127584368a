;; Attack: Answers with an error whose code has line breaks and quotes.
;; Expect: failed part:error
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "{\22error\22:{\22code\22:\22a\5cnb\5c\22c\22}}")
  (func (export "_start") (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 28)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
