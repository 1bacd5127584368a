;; Attack: Imports a memory, which would be somebody else's.
;; Expect: refused env.memory
(module
  (import "env" "memory" (memory 1))
  (export "memory" (memory 0))
  (func (export "_start")))
