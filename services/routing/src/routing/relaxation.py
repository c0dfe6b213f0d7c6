"""What a waiting case asks for less, the longer it waits: the policy's steps. Pure; it knows no shard and no clock.

A step is told by what it changes. One that changes nothing of a case, because the case does not ask for that skill or
is served by those queues already, is none for it. So what a case asks for follows from what it asked at first, since
when it waits and the steps; and no step ever asks for more, or takes anybody away.
"""

from collections.abc import Iterator, Sequence

from chassis.clock import MICROS, Instant
from msgspec.structs import replace

from routing.cases import Case, lenders_of
from routing.terms import Near, Relaxation, Requirement

STEPS_MAX = 20
LENDERS_MAX = 10
"""Queues, or languages, of one step."""
LANGUAGE = "lang:"
"""How skills begin that are languages."""

Step = tuple[int, Relaxation]
"""(its number in the policy, from 1; the step)"""


def relaxed(requirements: tuple[Requirement, ...], step: Relaxation) -> tuple[Requirement, ...]:
    """What is asked after a step; the same tuple where it changes nothing."""
    after = [(asked, _less(asked, step)) for asked in requirements]
    if all(less is asked for asked, less in after):
        return requirements
    return tuple([less for _, less in after if less is not None])


def eased(requirements: tuple[Requirement, ...], step: Relaxation) -> tuple[Requirement, Requirement | None] | None:
    """(what is asked, what a step makes of it or None where it drops it) of the first that it changes."""
    for asked in requirements:
        if (less := _less(asked, step)) is not asked:
            return asked, less
    return None


def _less(asked: Requirement, step: Relaxation) -> Requirement | None:
    is_language = asked.skill.startswith(LANGUAGE)
    if step.languages and is_language:
        others = {LANGUAGE + language for language in step.languages} - {asked.skill}
        more = tuple(sorted(others.union(asked.or_skills)))
        return asked if more == asked.or_skills else replace(asked, or_skills=more)
    level = step.min_level if asked.skill == step.skill else step.language_level if is_language else None
    if level is None or asked.min_level <= level:
        return asked
    return replace(asked, min_level=level) if level > 0 else None


def lends(case: Case, step: Relaxation) -> tuple[str, ...]:
    """The queues of a step that do not serve the case yet."""
    return tuple([queue for queue in step.queues if queue != case.queue and queue not in lenders_of(case)])


def farther(near: Near | None, step: Relaxation) -> Near | None:
    """Where an agent is to be after a step; the same object where it changes nothing."""
    if near is None or step.radius_km is None:
        return near
    if step.radius_km == 0:
        return None
    return replace(near, radius_km=step.radius_km) if step.radius_km > near.radius_km else near


def changes(case: Case, step: Relaxation) -> bool:
    """Whether a step is one for the case as it is."""
    less = relaxed(case.requirements, step) is not case.requirements
    return less or bool(lends(case, step)) or farther(case.near, step) is not case.near


def next_step(case: Case, steps: Sequence[Step]) -> Step | None:
    """The first step, of those that time alone decides, that changes something of the case."""
    for numbered in steps:
        if numbered[1].lend_waiting_max is None and changes(case, numbered[1]):
            return numbered
    return None


def guarded(case: Case, steps: Sequence[Step]) -> Iterator[tuple[int, Relaxation, str]]:
    """(number, step, queue) of each queue that may be lent from, once it has few enough waiting itself."""
    for number, step in steps:
        if step.lend_waiting_max is not None:
            for queue in lends(case, step):
                yield number, step, queue


def due_at(waiting_since: Instant, step: Relaxation) -> Instant:
    """When a step is due for who waits since then."""
    return Instant(waiting_since + step.after_s * MICROS)


LendKey = tuple[int, str]
"""(number of a guarded step, a queue it lends from)"""


def lend_key(text: str) -> LendKey:
    """The key that `lend_text` wrote."""
    number, _, queue = text.partition("/")
    return int(number), queue


def lend_text(key: LendKey) -> str:
    """A key as the id of a timer."""
    return f"{key[0]}/{key[1]}"
