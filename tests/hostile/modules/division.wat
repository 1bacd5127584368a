;; Attack: Divides by zero, in the start section.
;; Expect: failed trap
(module
  (memory (export "memory") 1)
  (func $f (drop (i32.div_s (i32.const 1) (i32.load (i32.const 0)))))
  (start $f)
  (func (export "_start")))
