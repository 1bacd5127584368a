;; Attack: Takes all memory that it gets, page by page, and traps.
;; Expect: failed memory_limit
;; With: memory_mb=8
(module
  (memory (export "memory") 1)
  (func (export "_start") (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (unreachable)))
