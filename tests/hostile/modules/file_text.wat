;; Attack: Is the text of a module.
;; Expect: refused not a WebAssembly core module
(module binary "(module (memory (export \22memory\22) 1) (func (export \22_start\22)))")
