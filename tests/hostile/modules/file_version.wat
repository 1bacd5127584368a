;; Attack: Is of a version that does not exist.
;; Expect: refused not a WebAssembly core module
(module binary "\00asm\02\00\00\00")
