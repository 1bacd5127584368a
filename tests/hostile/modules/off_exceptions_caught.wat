;; Attack: Catches an exception that nobody throws.
;; Expect: refused not a WebAssembly core module
(module (tag $t) (memory (export "memory") 1) (func (export "_start") (block $h (try_table (catch_all $h)))))
