;; Attack: Calls itself for ever, each time with hundreds of values that must be kept.
;; Expect: failed stack_overflow
(module
  (memory (export "memory") 1)
  (func $f (param $n i64) (result i64) @repeat(400)<(i64.mul (local.get $n) (i64.const {i}))>@ (call $f (local.get $n)) @repeat(400)<(i64.add)>@)
  (func (export "_start") (drop (call $f (i64.load (i32.const 0))))))
