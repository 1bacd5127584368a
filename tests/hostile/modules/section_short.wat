;; Attack: A section that ends before what is in it.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\01\02\01\60\00\00")
