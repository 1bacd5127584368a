;; Attack: _start gives a result.
;; Expect: refused _start
(module
  (memory (export "memory") 1)
  (func (export "_start") (result i32) (i32.const 0)))
