;; Attack: Copies 4 GiB out of a data segment of four bytes.
;; Expect: failed trap
(module
  (memory (export "memory") 1)
  (data $d "data")
  (func (export "_start") (memory.init $d (i32.const 0) (i32.const 1) (i32.const -1))))
