;; One long function: a compiler has much to do with it, and nothing ever ends it well.
(module
  (memory (export "memory") 1)
  (func (export "_start")
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    @BODY@
    (unreachable)))
