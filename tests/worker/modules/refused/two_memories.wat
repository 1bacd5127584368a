;; not a WebAssembly core module that can run here
(module (memory (export "memory") 1) (memory 1) (func (export "_start")))
