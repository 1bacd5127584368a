;; Attack: Makes structures for a garbage collector.
;; Expect: refused not a WebAssembly core module
(module (type $s (struct (field i32))) (memory (export "memory") 1) (func (export "_start") (drop (struct.new_default $s))))
