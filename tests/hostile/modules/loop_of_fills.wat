;; Attack: Fills all memory again and again; each fill is one instruction.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1000)
  (func (export "_start") (loop $again (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536000)) (br $again))))
