;; Attack: Imports a memory under the name of a function of WASI.
;; Expect: refused another type
(module
  (import "wasi_snapshot_preview1" "fd_write" (memory 1))
  (export "memory" (memory 0))
  (func (export "_start")))
