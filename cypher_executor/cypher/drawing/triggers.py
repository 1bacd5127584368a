"""Triggers in a picture: they stand above what they start, as if they were nodes."""

from __future__ import annotations

from dataclasses import replace

from cypher_executor.core.recipe import Node, Recipe, Trigger
from cypher_executor.core.triggers import Webhook


def with_triggers(recipe: Recipe) -> Recipe:
    """A recipe to be drawn, and for nothing else: its triggers are nodes that begin it."""
    if not recipe.triggers:
        return recipe
    drawn = {trigger.name: Node(trigger.name, trigger_words(trigger)) for trigger in recipe.triggers}
    starts = [start for trigger in recipe.triggers for start in trigger.starts]
    return replace(recipe, nodes={**drawn, **recipe.nodes}, relationships=(*starts, *recipe.relationships), triggers=())


def trigger_words(trigger: Trigger) -> str:
    """What sets it off, in short."""
    if isinstance(trigger.settings, Webhook):
        hook = trigger.settings
        return f"{'/'.join(hook.methods)} /hooks/{hook.path}"
    zone = "" if trigger.settings.timezone == "UTC" else f" {trigger.settings.timezone}"
    return f"cron {trigger.settings.cron}{zone}"
