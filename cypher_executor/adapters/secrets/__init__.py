"""Secrets: values that recipes use and never see.

`keyring` has the keys, `sealing` closes and opens a value with one, and `Vault` is what the service and the egress ask.
Sealed values are kept by a `ports.SecretStore`; the keys are not, so a copy of the database tells nothing.
"""

from cypher_executor.adapters.secrets.keyring import Keyring
from cypher_executor.adapters.secrets.vault import SecretInfo, Vault

__all__ = ["Keyring", "SecretInfo", "Vault"]
