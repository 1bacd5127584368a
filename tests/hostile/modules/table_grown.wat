;; Attack: Grows its table by 2^31, 2^32 - 1 and 100,000 elements: it gets none of them.
;; Expect: output 200
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func $say (param $n i32)
    (i32.store8 (i32.const 1024) (i32.add (i32.const 49) (i32.div_u (i32.rem_u (local.get $n) (i32.const 1000)) (i32.const 100))))
    (i32.store8 (i32.const 1025) (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $n) (i32.const 10)) (i32.const 10))))
    (i32.store8 (i32.const 1026) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
    (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 3))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))
  (func $g (param $n i32) (result i32) (table.grow $t (ref.null func) (local.get $n)))
  (func (export "_start") (call $say (i32.add (i32.const 103) (i32.add (i32.add (call $g (i32.const 0x80000000)) (call $g (i32.const -1))) (call $g (i32.const 100000)))))))
