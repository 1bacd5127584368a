;; Attack: Calls an empty function through a table for ever.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $f)
  (type $t (func))
  (func $f)
  (func (export "_start") (loop $again (call_indirect (type $t) (i32.const 0)) (br $again))))
