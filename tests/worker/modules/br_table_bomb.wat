;; Spends its time in an endless state machine.
(module
  (memory (export "memory") 1)
  (func (export "_start") (local $state i32)
    (loop $again
      (block $b2 (block $b1 (block $b0
        (br_table $b0 $b1 $b2 (i32.rem_u (local.get $state) (i32.const 3))))
        (local.set $state (i32.add (local.get $state) (i32.const 1))) (br $again))
        (local.set $state (i32.add (local.get $state) (i32.const 1))) (br $again))
      (local.set $state (i32.add (local.get $state) (i32.const 1))) (br $again))))
