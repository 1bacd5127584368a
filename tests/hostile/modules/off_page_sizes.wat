;; Attack: A memory whose pages are single bytes.
;; Expect: refused not a WebAssembly core module
(module (memory (export "memory") 1 (pagesize 1)) (func (export "_start")))
