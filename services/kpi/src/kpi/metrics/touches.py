"""touches_per_resolution: how many human words a resolution takes.

Formula: `human answers in resolved contacts / resolved contacts`.
Unit: answers per contact, 0 or more.
Edge cases: a reply and its echo from the platform are one. Resolved means not reopened within the confirm window. By
agent an answer stands under who gave it and a contact under who resolved it.
Source: touches per resolution as in service desks; the answers are the turns' own, of every agent.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpi.journeys import Kind
from kpi.metrics.contact import Contact
from kpi.metrics.metric import Agent, Definition, Item, ItemMetric, Part, Unit, per
from kpi.metrics.spans import item_of, spans_of


def items(contact: Contact) -> Iterator[Item]:
    """Of a resolved contact its answers and its resolution."""
    resolved = contact.resolved
    if resolved is not None:
        yield Item(Part(False), resolved.agent, None, resolved.at)
        yield from (item_of(answer, Part(True, denominator=False)) for answer in spans_of(contact, Kind.ANSWER))


METRIC = ItemMetric(
    Definition(
        id="touches_per_resolution",
        version=1,
        name="Touches per resolution",
        description="Human answers per resolved contact.",
        unit=Unit.NUMBER,
        numerator="human answers in resolved contacts",
        denominator="resolved contacts",
        source="docs/metrics.md#resolution",
        agent=Agent.OWN,
    ),
    items,
    per,
)
