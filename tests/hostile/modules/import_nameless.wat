;; Attack: Imports something without a name.
;; Expect: refused only WASI
(module
  (import "" "" (func))
  (memory (export "memory") 1)
  (func (export "_start")))
