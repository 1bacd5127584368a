;; Attack: Asks for memory that it does not get, for ever.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1)
  (func (export "_start") (loop $again (drop (memory.grow (i32.const 65000))) (br $again))))
