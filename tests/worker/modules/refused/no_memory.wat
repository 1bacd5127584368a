;; does not export its memory
(module (func (export "_start")))
