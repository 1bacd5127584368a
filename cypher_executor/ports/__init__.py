"""What the engine needs of the outside, as small protocols. Adapters keep them; `wiring` chooses which.

Every adapter of a port passes that port's one suite in `tests/contracts/`, so that one can stand in for another.

clock      the time, and the ids that are made of it
journal    the events of every run, in their order
recipes    recipes by name and version
parts      where parts are
dispatch   running parts, and carrying out their calls
kept       what is kept beside runs: values of parts, secrets, API keys
"""

from cypher_executor.ports.clock import Clock
from cypher_executor.ports.dispatch import CallContext, CallHandler, Dispatcher, FoundLong, Inbox, failed_call
from cypher_executor.ports.journal import (
    Appended,
    Claim,
    Claimed,
    Entry,
    Followable,
    Followed,
    Journal,
    Opening,
    Outcome,
    RunFilter,
    RunSummary,
    Stale,
    Unreadable,
)
from cypher_executor.ports.kept import (
    KeptOutput,
    KeySpace,
    KeyStore,
    KeyValues,
    Once,
    OpenSecret,
    Outputs,
    SealedSecret,
    Secrets,
    SecretStore,
)
from cypher_executor.ports.parts import ListedParts, OwnParts, PartStore, PartVersion, names_of
from cypher_executor.ports.recipes import Catalog, Prepared, ReadCatalog, Recipes, RecipeVersion

__all__ = [
    "Appended",
    "CallContext",
    "CallHandler",
    "Catalog",
    "Claim",
    "Claimed",
    "Clock",
    "Dispatcher",
    "Entry",
    "Followable",
    "Followed",
    "FoundLong",
    "Inbox",
    "Journal",
    "KeptOutput",
    "KeySpace",
    "KeyStore",
    "KeyValues",
    "ListedParts",
    "Once",
    "OpenSecret",
    "Opening",
    "Outcome",
    "Outputs",
    "OwnParts",
    "PartStore",
    "PartVersion",
    "Prepared",
    "ReadCatalog",
    "RecipeVersion",
    "Recipes",
    "RunFilter",
    "RunSummary",
    "SealedSecret",
    "SecretStore",
    "Secrets",
    "Stale",
    "Unreadable",
    "failed_call",
    "names_of",
]
