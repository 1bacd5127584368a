;; Attack: A type with four thousand million parameters, in five bytes.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\01\07\01\60\ff\ff\ff\ff\0f")
