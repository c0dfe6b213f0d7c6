"""What the demo notes while it runs, in real time: who was offered what, when. It knows no service."""

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Outage:
    """A process that was killed and came back; moments are of the monotonic clock."""

    service: str
    pid: int
    began: float
    ended: float | None = None

    def covers(self, moment: float, margin_s: float = 1.0) -> bool:
        """Whether something that began then may have been held up by it."""
        return self.began - margin_s <= moment <= (self.ended if self.ended is not None else moment) + margin_s


@dataclass(slots=True)
class Journal:
    """One per run."""

    handed_over: int = 0
    answered: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    replied: Counter[str] = field(default_factory=Counter)
    resolved: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    """Acts refused because somebody or something was faster, by act."""
    free: Counter[str] = field(default_factory=Counter)
    """Units of capacity free now, by industry."""
    sent_at: dict[str, float] = field(default_factory=dict)
    """Posts by name that were handed over while somebody was free to take them."""
    arrived_at: dict[str, float] = field(default_factory=dict)
    """Posts by name whose offer reached a desk; the answer to handing them over may come later than that."""
    offered_after_s: list[tuple[float, float]] = field(default_factory=list)
    """(when it was sent, seconds until its offer reached a desk)."""
    outage: Outage | None = None

    def offered(self, posts: list[str], arrived: float) -> None:
        """An offer for a case with these posts reached a desk."""
        for post in posts:
            self.arrived_at.setdefault(post, arrived)
            self._match(post)

    def handed(self, post: str, sent: float) -> None:
        """A post that somebody was free to take was handed over."""
        self.sent_at[post] = sent
        self._match(post)

    def _match(self, post: str) -> None:
        if post in self.sent_at and post in self.arrived_at:
            sent, arrived = self.sent_at.pop(post), self.arrived_at[post]
            self.offered_after_s.append((sent, max(0.0, arrived - sent)))

    def latencies(self) -> list[float]:
        """Seconds from handing a post over to its offer, sorted; without those that an outage held up."""
        outage = self.outage
        return sorted(took for sent, took in self.offered_after_s if outage is None or not outage.covers(sent + took))


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the sorted values lie (nearest rank); not a number when there are none."""
    if not values:
        return float("nan")
    return values[max(0, min(len(values) - 1, round(share * len(values) + 0.5) - 1))]


def now() -> float:
    """The monotonic clock, seconds."""
    return time.monotonic()
