;; Attack: Needs longer than the universe has, in the honest way.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1)
  (func $f (param $n i64) (result i64) (if (result i64) (i64.lt_u (local.get $n) (i64.const 2)) (then (local.get $n)) (else (i64.add (call $f (i64.sub (local.get $n) (i64.const 1))) (call $f (i64.sub (local.get $n) (i64.const 2)))))))
  (func (export "_start") (drop (call $f (i64.const 90)))))
