;; Attack: Has a memory with 64-bit addresses.
;; Expect: refused not a WebAssembly core module
(module
  (memory (export "memory") i64 1)
  (func (export "_start")))
