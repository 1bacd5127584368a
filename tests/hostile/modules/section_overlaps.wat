;; Attack: A section that reaches into the next one.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\01\05\01\60\00\00"
  "\03\02\01\00")
