"""What the service sends, as it is documented. Answers are written as plain maps; tests compare them with this.

base        what every body has in common
problems    what is wrong, and where
recipes     recipes, their versions, and what they reach
runs        runs, their steps, and what they wait for
triggers    hooks and schedules, tried and passed
deliveries  what those are told who call a hook or call back
parts       parts, their versions, and trying one alone
operating   secrets, API keys, and the service itself
neo4j       the Query API of Neo4j
"""

from cypher_executor.service.answers.base import Answer
from cypher_executor.service.answers.deliveries import CallbackAccepted, HookAccepted, HookResult
from cypher_executor.service.answers.operating import (
    Health,
    KeyAnswer,
    KeyList,
    KeyMade,
    Ready,
    SecretAnswer,
    SecretForgotten,
    SecretList,
    SecretsRotated,
    Version,
)
from cypher_executor.service.answers.parts import (
    PartAnswer,
    PartLine,
    PartList,
    PartVersionAnswer,
    PartVersionLine,
    PartVersionList,
    TrialAnswer,
    TriedCall,
)
from cypher_executor.service.answers.problems import DiagnosticAnswer, Fix, Misfit, MoreReached, ProblemAnswer, Where
from cypher_executor.service.answers.recipes import (
    BillAnswer,
    Checked,
    Graph,
    GraphNode,
    GraphRelationship,
    HookLine,
    ReachedHost,
    ReachedRecipe,
    RecipeLine,
    RecipeList,
    ScheduleLine,
    SentSecret,
    StoredRecipe,
    VersionLine,
    VersionList,
)
from cypher_executor.service.answers.runs import (
    AttemptAnswer,
    Fate,
    OriginAnswer,
    RunAnswer,
    RunError,
    RunLine,
    RunList,
    RunOutcome,
    StepAnswer,
    StepDetail,
    WaitAnswer,
    WaitLine,
    WaitList,
)

__all__ = [
    "Answer",
    "AttemptAnswer",
    "BillAnswer",
    "CallbackAccepted",
    "Checked",
    "DiagnosticAnswer",
    "Fate",
    "Fix",
    "Graph",
    "GraphNode",
    "GraphRelationship",
    "Health",
    "HookAccepted",
    "HookLine",
    "HookResult",
    "KeyAnswer",
    "KeyList",
    "KeyMade",
    "Misfit",
    "MoreReached",
    "OriginAnswer",
    "PartAnswer",
    "PartLine",
    "PartList",
    "PartVersionAnswer",
    "PartVersionLine",
    "PartVersionList",
    "ProblemAnswer",
    "ReachedHost",
    "ReachedRecipe",
    "Ready",
    "RecipeLine",
    "RecipeList",
    "RunAnswer",
    "RunError",
    "RunLine",
    "RunList",
    "RunOutcome",
    "ScheduleLine",
    "SecretAnswer",
    "SecretForgotten",
    "SecretList",
    "SecretsRotated",
    "SentSecret",
    "StepAnswer",
    "StepDetail",
    "StoredRecipe",
    "TrialAnswer",
    "TriedCall",
    "Version",
    "VersionLine",
    "VersionList",
    "WaitAnswer",
    "WaitLine",
    "WaitList",
    "Where",
]
