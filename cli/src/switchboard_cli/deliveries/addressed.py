"""A delivery and the source it goes to, and what a way of reading a file promises."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from switchboard.ingest.v1.service_pb2 import Delivery

PLACE_NAME_MAX = 150
"""Characters of a file's name in a delivery's place, the last ones. Against: a place has 200."""
CSV = "text/csv"
"""Media type of a record of a CSV file."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """A source that has to be there before its deliveries. Labels and owned accounts are added to those it has; a desk,
    and whether it listens, are declared anew where they are given.
    """

    source_id: str
    channel: str
    account_scope: str = ""
    display_name: str = ""
    owned_accounts: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    desk: str = ""
    """Who answers for it, "" as ingest derives it."""
    listening: bool | None = None
    """Whether all it brings speaks to us, None as ingest derives it."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """One delivery for one source."""

    source_id: str
    delivery: Delivery


class Reading(Protocol):
    """A file understood: the sources it needs, how many deliveries it holds at most, and the deliveries themselves."""

    @property
    def sources(self) -> Sequence[SourceSettings]: ...

    @property
    def expected(self) -> int: ...

    def deliveries(self) -> Iterator[Addressed]: ...
