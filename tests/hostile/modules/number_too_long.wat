;; Attack: A length in six bytes, of which five would do.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\01\84\80\80\80\80\00\01\60\00\00")
