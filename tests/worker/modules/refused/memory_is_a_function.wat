;; does not export its memory
(module (func (export "memory")) (func (export "_start")))
