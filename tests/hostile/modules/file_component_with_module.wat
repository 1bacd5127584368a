;; Attack: A component with a module inside.
;; Expect: refused not a WebAssembly core module
(component (core module (memory (export "memory") 1) (func (export "_start"))))
