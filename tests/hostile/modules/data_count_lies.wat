;; Attack: Says that there are five data segments, and has one.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\05\03\01\00\01"
  "\0c\01\05"
  "\0b\03\01\01\00")
