"""The laws of runs over random recipes in random worlds. `laws.py`, `oracle.py` and `world.py` say what that means."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.core.laws import check_replays
from tests.core.oracle import Oracle
from tests.core.world import World, random_recipe

chances = st.randoms(use_true_random=False)
many = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # A world does not get simpler with its numbers, and looking for a smaller one would outlast the test.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
)


def played(rng: Random, *, lives: int = 1) -> World:
    """A random run of a random recipe, at its last end. Every event of it went past the ledger."""
    world = World(random_recipe(rng), rng, lives=lives)
    world.play()
    return world


@many
@given(chances)
def test_every_command_is_answered_once_every_step_ends_once_and_every_run_ends_last(rng: Random) -> None:
    played(rng, lives=2)


@many
@given(chances)
def test_replaying_any_prefix_of_a_journal_gives_the_same_state_and_the_same_bytes(rng: Random) -> None:
    world = played(rng, lives=2)
    check_replays(world.recipe, world.ledger.seen)


@many
@given(chances)
def test_a_run_does_what_the_language_says(rng: Random) -> None:
    world = played(rng)
    Oracle(world.run, world.ledger.seen).check()
