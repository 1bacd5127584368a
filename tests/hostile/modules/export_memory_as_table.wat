;; Attack: Its export 'memory' is a table.
;; Expect: refused memory
(module
  (memory 1)
  (table (export "memory") 1 funcref)
  (func (export "_start")))
