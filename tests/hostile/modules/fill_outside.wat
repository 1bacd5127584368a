;; Attack: Fills memory beyond its end, and wraps around.
;; Expect: failed trap
(module
  (memory (export "memory") 1)
  (func (export "_start") (memory.fill (i32.const 65000) (i32.const 1) (i32.const -1))))
