;; not a WebAssembly core module that can run here
(module (memory (export "memory") 1 1 shared) (func (export "_start")))
