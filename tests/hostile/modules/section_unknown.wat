;; Attack: A section of a kind that does not exist.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\7f\01\00")
