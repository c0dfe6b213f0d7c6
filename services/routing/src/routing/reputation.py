"""What an employee's answers are worth by topic, counted from votes, and the levels that earns. Pure; it knows no case.

The score is the lower bound of Wilson's interval for the share of helpful votes (E. B. Wilson, "Probable inference, the
law of succession, and statistical inference", 1927, with z = 1.96, 95 %): few votes prove little however good they are,
and nobody has to choose a prior.
"""

from collections.abc import Iterable, Sequence
from math import sqrt

from msgspec import Struct

from routing.terms import EarnedLevel, Skill, Verdict

TOPICS_MAX = 50
"""Topics of an agent that are counted: those voted on last."""
EARNED_LEVELS_MAX = 5
"""As many as a skill has levels."""
_Z_PERCENT = 196


class Tally(Struct, frozen=True, array_like=True, gc=False):
    """The votes on one agent's answers about one topic."""

    topic: str
    helpful: int = 0
    unhelpful: int = 0

    @property
    def votes(self) -> int:
        """How many there are."""
        return self.helpful + self.unhelpful


def counted(
    tallies: tuple[Tally, ...], topics: Sequence[str], verdict: Verdict, replaced: Verdict
) -> tuple[Tally, ...]:
    """An agent's tallies after a vote that takes the place of another, what was voted on last standing last; a verdict
    that is neither HELPFUL nor NOT_HELPFUL counts nothing.
    """
    if verdict == replaced:
        return tallies
    kept = {tally.topic: tally for tally in tallies}
    for topic in topics:
        before = kept.pop(topic, Tally(topic))
        helpful = before.helpful + (verdict == Verdict.HELPFUL) - (replaced == Verdict.HELPFUL)
        unhelpful = before.unhelpful + (verdict == Verdict.NOT_HELPFUL) - (replaced == Verdict.NOT_HELPFUL)
        after = Tally(topic, max(0, helpful), max(0, unhelpful))  # what it was before may be forgotten
        if after.votes:
            kept[topic] = after
    return tuple(kept.values())[-TOPICS_MAX:]


def score(tally: Tally) -> float:
    """The share of helpful votes that is proved so far, 0 to 1; 0 without a vote."""
    votes, z = tally.votes, _Z_PERCENT / 100
    if not votes:
        return 0.0
    share = tally.helpful / votes
    middle, spread = share + z * z / (2 * votes), z * sqrt((share * (1 - share) + z * z / (4 * votes)) / votes)
    return max(0.0, (middle - spread) / (1 + z * z / votes))


def reaches(tally: Tally, percent: int) -> bool:
    """Whether the score is at least so many percent (1..99), told in whole numbers: the bound is where the test of that
    share, (helpful - n share)^2 >= z^2 n share (1 - share), just holds.
    """
    above = 100 * tally.helpful - tally.votes * percent
    return above >= 0 and 10_000 * above**2 >= _Z_PERCENT**2 * tally.votes * percent * (100 - percent)


def level_of(tally: Tally, steps: Sequence[EarnedLevel]) -> int:
    """The highest level that so many and such votes earn, 0 for none."""
    earned = (step.level for step in steps if tally.votes >= step.min_votes and reaches(tally, step.percent))
    return max(earned, default=0) if tally.votes else 0


def earned_of(granted: Sequence[Skill], tallies: Iterable[Tally], steps: Sequence[EarnedLevel]) -> tuple[Skill, ...]:
    """What an agent has earned, sorted: levels of skills that somebody granted it. A skill is also a permission, and no
    vote gives one.
    """
    if not steps:
        return ()
    by_topic = {tally.topic: tally for tally in tallies}
    levels = ((skill.name, level_of(by_topic.get(skill.name, Tally("")), steps)) for skill in granted if skill.level)
    return tuple(Skill(name, level) for name, level in sorted(levels) if level)


def effective(granted: tuple[Skill, ...], earned: Sequence[Skill], pinned: Sequence[str]) -> tuple[Skill, ...]:
    """What an agent can do: of each granted skill the higher of both levels, but for those that are pinned."""
    higher = {skill.name: skill.level for skill in earned if skill.name not in pinned}
    found = tuple(
        Skill(skill.name, max(skill.level, higher.get(skill.name, 0))) if skill.level else skill for skill in granted
    )
    return granted if found == granted else found
