;; Attack: Grows a table of references to the host's values without end.
;; Expect: refused not a WebAssembly core module
(module
  (memory (export "memory") 1)
  (table $t 1 externref)
  (func (export "_start")
    (loop $more
      (drop (table.grow $t (ref.null extern) (i32.const 1000)))
      (br $more))))
