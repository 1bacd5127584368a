;; Attack: A table with 64-bit addresses.
;; Expect: refused not a WebAssembly core module
(module (memory (export "memory") 1) (table i64 1 funcref) (func (export "_start")))
