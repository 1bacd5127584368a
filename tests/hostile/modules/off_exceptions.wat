;; Attack: Throws an exception.
;; Expect: refused not a WebAssembly core module
(module (tag $t) (memory (export "memory") 1) (func (export "_start") (throw $t)))
