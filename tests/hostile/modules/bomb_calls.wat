;; Attack: A tower of thirty functions that each call the next one ten times: 10^30 calls.
;; Expect: failed timeout
;; With: timeout_ms=50
(module
  (memory (export "memory") 1)
  @repeat(30)<(func $f{i} (call $g{i})(call $g{i})(call $g{i})(call $g{i})(call $g{i})(call $g{i})(call $g{i})(call $g{i})(call $g{i})(call $g{i}))(func $g{i} (call_indirect (type $t) (i32.const {i})))>@
  (type $t (func))
  (table 31 funcref)
  (elem (i32.const 0) @repeat(29)<$f{j} >@ $last $last)
  (func $last)
  (func (export "_start") (call $f0)))
