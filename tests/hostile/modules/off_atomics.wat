;; Attack: Uses atomic instructions.
;; Expect: refused not a WebAssembly core module
(module (memory (export "memory") 1) (func (export "_start") (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))))
