;; Attack: Is a file of no bytes.
;; Expect: refused not a WebAssembly core module
(module binary "")
