;; Attack: Has no memory.
;; Expect: refused memory
(module
  (func (export "_start")))
