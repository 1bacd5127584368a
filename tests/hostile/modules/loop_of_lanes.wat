;; Attack: Multiplies vectors of numbers for ever.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1)
  (func (export "_start") (local $v v128)
    (loop $more
      (local.set $v (i32x4.mul (local.get $v) (i32x4.splat (i32.const 3))))
      (br $more))))
