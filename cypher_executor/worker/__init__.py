"""What runs inside a worker process: a sandbox for parts, with nothing of the service in it.

From outside in: `__main__` the process, `confine` what it gives up (`identity`, `landlock`, `seccomp` with `syscalls`;
`hardening` is the report of it), `server` its loop, `frames` its wire format, `sandbox` one execution, `admission`
which modules are let in, `engine` and `native` wasmtime, `wasi` and `tape` what a guest can call, `limits` what it may
use. `compiler` is the other kind of process: it makes what workers run. `examine` is a process that tries what the
others must not be able to do.
"""
