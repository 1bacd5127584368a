;; Attack: Is the head of a module, and no more.
;; Expect: refused does not export its memory
(module binary "\00asm\01\00\00\00"
)
