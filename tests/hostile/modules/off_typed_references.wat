;; Attack: Calls through a typed reference.
;; Expect: refused not a WebAssembly core module
(module (type $f (func)) (memory (export "memory") 1) (func $s (export "_start") (call_ref $f (ref.func $s))) (elem declare func $s))
