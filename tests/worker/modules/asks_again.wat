;; Asks without room for an answer, @TIMES@ times, then again with as much room as it was told, and writes the answer.
(module
  (import "cypher" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 1024) "{\"op\":\"now\"}")
  (func (export "_start") (local $n i32) (local $need i32)
    (loop $more
      (local.set $need
        (i32.sub (i32.const -1) (call $call (i32.const 1024) (i32.const 12) (i32.const 8192) (i32.const 0))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $n) (i32.const @TIMES@))))
    (i32.store (i32.const 0) (i32.const 8192))
    (i32.store (i32.const 4)
      (call $call (i32.const 1024) (i32.const 12) (i32.const 8192) (local.get $need)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
