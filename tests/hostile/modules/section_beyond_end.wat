;; Attack: A section that says it has four thousand million bytes.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\01\ff\ff\ff\ff\0f")
