;; Attack: Answers with an error that is prefixed already.
;; Expect: failed part:part:part:x
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "{\22error\22:{\22code\22:\22part:part:x\22}}")
  (func (export "_start") (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 32)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
