;; Attack: Has more tables than there is room for.
;; Expect: refused table
(module
  (memory (export "memory") 1)
  @repeat(90)<(table 1 funcref)>@
  (func (export "_start")))
