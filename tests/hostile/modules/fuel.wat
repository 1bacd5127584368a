;; Attack: Never ends, and its fuel does.
;; Expect: failed out_of_fuel
;; With: fuel=100000
(module
  (memory (export "memory") 1)
  (func (export "_start") (loop $again  (br $again))))
