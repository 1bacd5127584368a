;; Attack: Never ends.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1)
  (func (export "_start") (loop $again  (br $again))))
