;; Attack: _start is a global.
;; Expect: refused _start
(module
  (memory (export "memory") 1)
  (global (export "_start") i32 (i32.const 0)))
