"""Neo4j: `connection` is one database by the official driver, `target` writes a mirror into it, `drawings` reads
recipes back. The driver is loaded when a connection is made."""
