;; the module imports cypher.call with another type
(module (import "cypher" "call" (global i32)) (memory (export "memory") 1) (func (export "_start")))
