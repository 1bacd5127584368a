;; Attack: Takes all its memory, fills it, and gives up.
;; Expect: failed memory_limit
;; With: memory_mb=32
(module
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.fill (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536)))
    (unreachable)))
