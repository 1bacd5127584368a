;; Attack: Looks for open folders at ten thousand descriptors.
;; Expect: output 108
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $say (param $n i32)
    (i32.store8 (i32.const 1024) (i32.add (i32.const 49) (i32.div_u (i32.rem_u (local.get $n) (i32.const 1000)) (i32.const 100))))
    (i32.store8 (i32.const 1025) (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $n) (i32.const 10)) (i32.const 10))))
    (i32.store8 (i32.const 1026) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
    (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 3))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))
  (func (export "_start") (local $i i32) (local $r i32)
    (loop $l (local.set $r (call $fd_prestat_get (local.get $i) (i32.const 64))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.and (i32.ne (local.get $r) (i32.const 0)) (i32.lt_u (local.get $i) (i32.const 10000)))))
    (call $say (local.get $r))))
