;; Attack: Two functions that hand over to each other without growing the stack.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1)
  (func $a (return_call $b))
  (func $b (return_call $a))
  (func (export "_start") (call $a)))
