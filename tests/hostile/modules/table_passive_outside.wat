;; Attack: Copies a passive element segment to behind its table.
;; Expect: failed trap
(module
  (memory (export "memory") 1)
  (table $t 2 funcref)
  (elem $e func $f)
  (func $f (export "_start") (table.init $t $e (i32.const 2) (i32.const 0) (i32.const 1))))
