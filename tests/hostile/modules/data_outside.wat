;; Attack: A data segment that leads out of memory.
;; Expect: failed trap
(module
  (memory (export "memory") 1)
  (data (i32.const 65534) "four")
  (func (export "_start")))
