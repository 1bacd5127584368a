;; Attack: Multiplies to 128 bits.
;; Expect: refused not a WebAssembly core module
(module (memory (export "memory") 1) (func (export "_start") (i64.mul_wide_u (i64.const 1) (i64.const 2)) (drop) (drop)))
