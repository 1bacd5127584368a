;; Attack: Never ends, before _start is reached.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1)
  (func $f (loop $l (br $l)))
  (start $f)
  (func (export "_start")))
