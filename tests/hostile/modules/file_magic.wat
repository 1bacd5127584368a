;; Attack: Is the first four bytes of a module, and no more.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm")
