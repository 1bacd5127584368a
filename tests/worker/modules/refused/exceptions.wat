;; not a WebAssembly core module that can run here
(module (tag $t) (memory (export "memory") 1) (func (export "_start") (throw $t)))
