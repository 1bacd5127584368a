;; Writes a byte of its memory and a global, after adding one to each: a part that tries to remember.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (global $seen (mut i32) (i32.const 0))
  (data (i32.const 0) "\10\00\00\00\02\00\00\00")
  (func (export "_start")
    (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
    (i32.store8 (i32.const 200000) (i32.add (i32.load8_u (i32.const 200000)) (i32.const 1)))
    (i32.store8 (i32.const 16) (i32.load8_u (i32.const 200000)))
    (i32.store8 (i32.const 17) (global.get $seen))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
