;; Attack: Wants more from the start than its own limit.
;; Expect: failed memory_limit
;; With: memory_mb=8
(module
  (memory (export "memory") 200)
  (func (export "_start")))
