;; not a WebAssembly core module that can run here
(module (memory (export "memory") i64 1) (func (export "_start")))
