;; Attack: Four thousand million locals, in six bytes.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\02\01\00"
  "\05\03\01\00\01"
  "\07\13\02\06memory\02\00\06_start\00\00"
  "\0a\0a\01\08\01\ff\ff\ff\ff\0f\7f\0b")
