"""cypher-executor: workflows drawn as Cypher graphs, run durably, every node in a WebAssembly sandbox."""

__version__ = "0.1.0"
