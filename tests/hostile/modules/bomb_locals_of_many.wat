;; Attack: Two hundred functions with fifty thousand locals each, in seven bytes each.
;; Expect: failed invalid_output
(module binary "\00asm\01\00\00\00"
  "\01\04\01\60\00\00"
  "\03\ca\01\c8\01@repeat(200)<\00>@"
  "\05\03\01\00\01"
  "\07\13\02\06memory\02\00\06_start\00\00"
  "\0a\fa\0a\c8\01@repeat(200)<\06\01\d0\86\03\7e\0b>@")
