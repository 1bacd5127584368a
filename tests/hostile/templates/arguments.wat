;; Calls one import many times, whatever it answers, and then writes `true`.
(module
  (import "@MODULE@" "@NAME@" (func $f @TYPE@))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $true
    (i32.store (i32.const 1024) (i32.const 0x65757274))
    (i32.store (i32.const 8) (i32.const 1024))
    (i32.store (i32.const 12) (i32.const 4))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))
  (func (export "_start")
    @CALLS@
    (call $true)))
