;; A part: one JSON map in on standard input, one JSON value out on standard output.
;;
;; A failure is a value too: {"error": {"code", "message", "retryable"}}. Standard error (2) is the log of the step.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))

  ;; 0: a slice (address, length); 8: how many bytes were read or written; 16: what is written; 1024: the input.
  (memory (export "memory") 4)
  (data (i32.const 16) "{\22wrapped\22:")
  (data (i32.const 32) "}")
  (data (i32.const 64) "{\22error\22:{\22code\22:\22bad_input\22,\22message\22:\22there is nothing to wrap\22,\22retryable\22:false}}")

  ;; Write so many bytes from an address to standard output.
  (func $write (param $at i32) (param $length i32)
    (loop $more
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
      (local.set $at (i32.add (local.get $at) (i32.load (i32.const 8))))
      (local.set $length (i32.sub (local.get $length) (i32.load (i32.const 8))))
      (br_if $more (local.get $length))))

  ;; Read all of standard input to 1024; memory grows when it is full. Gives the length.
  (func $read (result i32)
    (local $length i32)
    (local $room i32)
    (loop $more
      (local.set $room (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.add (local.get $length) (i32.const 1024))))
      (if (i32.eqz (local.get $room))
        (then
          (if (i32.eq (memory.grow (memory.size)) (i32.const -1)) (then unreachable))
          (br $more)))
      (i32.store (i32.const 0) (i32.add (i32.const 1024) (local.get $length)))
      (i32.store (i32.const 4) (local.get $room))
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
      (local.set $length (i32.add (local.get $length) (i32.load (i32.const 8))))
      (br_if $more (i32.load (i32.const 8))))
    (local.get $length))

  ;; The input is JSON in UTF-8 without blanks, so an empty map is two bytes.
  (func (export "_start")
    (local $length i32)
    (local.set $length (call $read))
    (if (i32.le_u (local.get $length) (i32.const 2))
      (then (call $write (i32.const 64) (i32.const 85)))
      (else
        (call $write (i32.const 16) (i32.const 11))
        (call $write (i32.const 1024) (local.get $length))
        (call $write (i32.const 32) (i32.const 1))))))
