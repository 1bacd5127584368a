"""Bolt: the protocol of Neo4j's drivers and of Neo4j Browser, spoken by the service itself.

server      BoltServer: who may connect, and over what; tcp, websocket: bytes of a client; origins: pages of browsers
connection  the handshake, and requests one after the other; handshake: versions; waiting: messages that came early
session     requests and replies; states: what is possible when; results: answers that are open; extras: their maps
messages    requests and replies as bytes; chunks, packing, unpacking, structure: how bytes are made of them
values      values of answers as structures; parameters: values that clients send
"""
