;; Attack: Has no _start.
;; Expect: refused _start
(module
  (memory (export "memory") 1)
  (func (export "main")))
