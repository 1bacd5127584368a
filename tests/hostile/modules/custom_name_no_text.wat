;; Attack: The name of its custom section is no UTF-8.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\00\03\02\ff\fe")
