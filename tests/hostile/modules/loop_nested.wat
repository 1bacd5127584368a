;; Attack: A thousand million turns in each of three loops.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1)
  (func (export "_start") (local $a i32) (local $b i32) (local $c i32)
    (loop $x (local.set $b (i32.const 0))
      (loop $y (local.set $c (i32.const 0))
        (loop $z (local.set $c (i32.add (local.get $c) (i32.const 1))) (br_if $z (i32.lt_u (local.get $c) (i32.const 1000000000))))
        (local.set $b (i32.add (local.get $b) (i32.const 1))) (br_if $y (i32.lt_u (local.get $b) (i32.const 1000000000))))
      (local.set $a (i32.add (local.get $a) (i32.const 1))) (br_if $x (i32.lt_u (local.get $a) (i32.const 1000000000))))))
