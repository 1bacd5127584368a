;; Attack: Calls itself for ever.
;; Expect: failed stack_overflow
(module
  (memory (export "memory") 1)
  (func $f (call $f))
  (func (export "_start") (call $f)))
