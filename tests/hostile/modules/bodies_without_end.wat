;; Attack: Blocks that are opened a hundred thousand times and never closed.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\02\01\00"
  "\05\03\01\00\01"
  "\07\13\02\06memory\02\00\06_start\00\00"
  "\0a\c6\9a\0c\01\c2\9a\0c\00@repeat(100000)<\02\40>@\0b")
