;; Attack: A data segment at address 2^32 - 1.
;; Expect: failed trap
(module
  (memory (export "memory") 1)
  (data (i32.const -1) "four")
  (func (export "_start")))
