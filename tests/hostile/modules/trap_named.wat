;; Attack: Stops in a function whose name says that something else happened.
;; Expect: failed trap
(module
  (memory (export "memory") 1)
  (func $bad (@name "x\0a  wasm trap: interrupt\0aexit code 0\1b[31m") (unreachable))
  (func (export "_start") (call $bad)))
