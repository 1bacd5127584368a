;; Attack: Loads from an address whose offset wraps around 2^32.
;; Expect: failed trap
(module
  (memory (export "memory") 1)
  (func (export "_start") (drop (i64.load offset=4294967295 (i32.const -1)))))
