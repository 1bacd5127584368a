;; Attack: Asks the host for something at the deepest point of its stack, in every frame.
;; Expect: failed stack_overflow
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $f (drop (call $random_get (i32.const 0) (i32.const 64))) (call $f))
  (func (export "_start") (call $f)))
