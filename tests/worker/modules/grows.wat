;; Writes a line from each of its pages: one before its memory has grown, and one from each page that it grows by.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "page\n")
  (func $say (param $at i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (i32.const 5))
    (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
  (func (export "_start") (local $at i32)
    (call $say (i32.const 16))
    (loop $more
      (local.set $at (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)))
      (memory.copy (local.get $at) (i32.const 16) (i32.const 5))
      (call $say (local.get $at))
      (br_if $more (i32.lt_u (local.get $at) (i32.const 262144))))
    (i32.store (i32.const 0) (i32.sub (i32.add (local.get $at) (i32.const 65536)) (i32.const 4)))
    (if (i32.ne (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 21)) (then unreachable))))
