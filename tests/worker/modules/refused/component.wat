;; not a WebAssembly core module that can run here
(component)
