;; Calls one function of WASI with fixed arguments and writes the errno, one byte, then the first 64 bytes of memory.
;; Memory begins with one vector (16 bytes at 128) and one that leads out of memory.
(module
  (import "wasi_snapshot_preview1" "@NAME@" (func $f @TYPE@ (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\80\00\00\00\10\00\00\00\f0\ff\00\00\20\00\00\00")
  (func (export "_start")
    (i32.store8 (i32.const 1024) (call $f @ARGUMENTS@))
    (memory.copy (i32.const 1025) (i32.const 0) (i32.const 64))
    (i32.store (i32.const 2048) (i32.const 1024))
    (i32.store (i32.const 2052) (i32.const 65))
    (drop (call $write (i32.const 1) (i32.const 2048) (i32.const 1) (i32.const 2056)))))
