;; Attack: _start takes a vector.
;; Expect: refused _start
(module
  (memory (export "memory") 1)
  (func (export "_start") (param v128)))
