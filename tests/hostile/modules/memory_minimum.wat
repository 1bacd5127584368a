;; Attack: Wants 4 GiB from the start.
;; Expect: refused memory
(module
  (memory (export "memory") 65536)
  (func (export "_start")))
