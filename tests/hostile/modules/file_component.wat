;; Attack: Says that it is a component.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\0d\00\01\00")
