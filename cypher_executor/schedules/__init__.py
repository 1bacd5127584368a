"""Schedules that fire: the `:cron` triggers of the stored recipes, and the runs that they begin.

    store      how far each schedule has come, durably: the protocol that an adapter keeps
    following  the schedules are those of the current versions, whatever is stored, rolled back or deleted
    catalog    a catalog that tells of its changes, for `following`
    passing    what becomes of the times that have come: which are on time, missed, made up for
    line       the firings that wait for their turn, in memory
    beginning  one firing becomes a run, once
    clockwork  the loop that does all of this; what people may do with a schedule

What a schedule means is `triggers.times`. The store is the truth: a service that was killed anywhere goes on from it.
"""

from cypher_executor.schedules.catalog import AnnouncedCatalog
from cypher_executor.schedules.clockwork import Clockwork

__all__ = ["AnnouncedCatalog", "Clockwork"]
