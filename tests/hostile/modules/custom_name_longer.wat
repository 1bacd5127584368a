;; Attack: The name of its custom section is longer than the section.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\01\00\00\00"
  "\00\02\7f\41")
