"""What runs inside a worker process: a sandbox for parts, with nothing of the service in it.

From outside in: `__main__` the process, `confine` and `landlock` what it gives up, `server` its loop, `frames` its wire
format, `sandbox` one execution, `admission` which modules are let in, `engine` and `native` wasmtime, `wasi` and `tape`
what a guest can call, `limits` what it may use. `compiler` is the other kind of process: it makes what workers run.
"""
