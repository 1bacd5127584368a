;; Attack: Calls itself for ever, before _start is reached.
;; Expect: failed stack_overflow
(module
  (memory (export "memory") 1)
  (func $f (call $f))
  (start $f)
  (func (export "_start")))
