;; Attack: Uses a data segment after it was dropped.
;; Expect: failed trap
(module
  (memory (export "memory") 1)
  (data $d "data")
  (func (export "_start") (data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 4))))
