;; Attack: Grows its memory page by page and fills all of it after each page.
;; Expect: failed timeout
;; With: timeout_ms=100 memory_mb=256
(module
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $more
      (drop (memory.grow (i32.const 1)))
      (memory.fill (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536)))
      (br $more))))
