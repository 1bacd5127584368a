;; Attack: Writes one half of its answer in its start section, the other in _start.
;; Expect: output [1]
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "[1]")
  (func $say (param $n i32) (i32.store (i32.const 8) (local.get $n)) (i32.store (i32.const 12) (i32.const 1)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))
  (func $first (call $say (i32.const 1024)) (call $say (i32.const 1025)))
  (start $first)
  (func (export "_start") (call $say (i32.const 1026))))
