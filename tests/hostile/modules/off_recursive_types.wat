;; Attack: Types that are defined by each other.
;; Expect: refused not a WebAssembly core module
(module (rec (type $a (func (param (ref null $b)))) (type $b (func (param (ref null $a))))) (memory (export "memory") 1) (func (export "_start")))
