;; Attack: Copies half of its memory onto the other half again and again.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1000)
  (func (export "_start") (loop $again (memory.copy (i32.const 0) (i32.const 32768000) (i32.const 32768000)) (br $again))))
