;; Attack: An endless state machine of br_table.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1)
  (func (export "_start") (local $s i32)
    (loop $l (block $c (block $b (block $a (br_table $a $b $c (i32.and (local.get $s) (i32.const 3)))) (local.set $s (i32.const 1)) (br $l)) (local.set $s (i32.const 2)) (br $l)) (local.set $s (i32.const 0)) (br $l))))
