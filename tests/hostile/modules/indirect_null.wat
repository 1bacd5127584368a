;; Attack: Calls what a table does not have.
;; Expect: failed trap
(module
  (memory (export "memory") 1)
  (type $t (func))
  (table 9 funcref)
  (func (export "_start") (call_indirect (type $t) (i32.const 8))))
