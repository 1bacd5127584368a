;; Attack: Has a memory and keeps it to itself.
;; Expect: refused memory
(module
  (memory 1)
  (func (export "_start")))
