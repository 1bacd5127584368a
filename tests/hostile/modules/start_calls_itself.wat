;; Attack: Its start section calls _start, which calls its start section.
;; Expect: failed stack_overflow
(module
  (memory (export "memory") 1)
  (func $a (call $b) (nop))
  (func $b (export "_start") (call $a) (nop))
  (start $a))
