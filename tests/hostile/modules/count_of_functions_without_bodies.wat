;; Attack: A hundred thousand functions, and no body.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\a3\8d\06\a0\8d\06@repeat(100000)<\00>@")
