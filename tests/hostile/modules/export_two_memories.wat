;; Attack: Has two memories.
;; Expect: refused not a WebAssembly core module
(module
  (memory (export "memory") 1)
  (memory 1)
  (func (export "_start")))
