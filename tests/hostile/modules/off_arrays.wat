;; Attack: Makes an array of four thousand million elements.
;; Expect: refused not a WebAssembly core module
(module (type $a (array i64)) (memory (export "memory") 1) (func (export "_start") (drop (array.new_default $a (i32.const -1)))))
