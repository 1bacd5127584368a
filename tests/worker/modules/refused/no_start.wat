;; does not export a function '_start'
(module (memory (export "memory") 1))
