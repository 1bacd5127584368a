;; Attack: Imports from the WASI before preview 1, whose structures have other shapes.
;; Expect: refused wasi_unstable
(module
  (import "wasi_unstable" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
