;; Attack: Answers with a million quotation marks.
;; Expect: failed invalid_output
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 20)
  (func (export "_start")
    (memory.fill (i32.const 1024) (i32.const 34) (i32.const 1000000))
    (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 1000000)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
