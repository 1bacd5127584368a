;; Attack: Imports from a module whose name only looks right.
;; Expect: refused only WASI
(module
  (import "сypher" "call" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
