;; Attack: Shares its memory with other threads.
;; Expect: refused not a WebAssembly core module
(module
  (memory (export "memory") 1 1 shared)
  (func (export "_start")))
