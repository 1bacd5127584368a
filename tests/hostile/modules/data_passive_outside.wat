;; Attack: Copies a passive segment to behind its memory.
;; Expect: failed trap
(module
  (memory (export "memory") 1)
  (data $d "abc")
  (func (export "_start") (memory.init $d (i32.const 65534) (i32.const 0) (i32.const 3))))
