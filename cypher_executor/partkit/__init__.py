"""What has to do with parts as files: manifests, modules, building and trying them.

`manifest` reads a part's folder into `core.parts.Part`; `module` reads what a WASM binary imports and exports;
`build` makes the modules from their sources again, byte for byte; `examples` runs a part's examples. Nothing here
executes a module by itself and nothing knows the engine.
"""
