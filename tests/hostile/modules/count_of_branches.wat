;; Attack: A br_table with four thousand million targets, in five bytes.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\02\01\00"
  "\05\03\01\00\01"
  "\07\13\02\06memory\02\00\06_start\00\00"
  "\0a\0c\01\0a\00\41\00\0e\ff\ff\ff\ff\0f\0b")
