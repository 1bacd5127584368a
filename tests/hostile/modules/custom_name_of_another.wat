;; Attack: Its name section names a function that it does not have, twice, with bytes that are no text.
;; Expect: output true
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "true")
  (func (export "_start") (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 4)) (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))
  (@custom "name" "\01\0b\02\ff\ff\03\01\ff\ff\ff\03\01\fe"))
