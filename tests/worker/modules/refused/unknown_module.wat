;; the module imports env.abort
(module (import "env" "abort" (func)) (memory (export "memory") 1) (func (export "_start")))
