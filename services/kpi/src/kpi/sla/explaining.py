"""Why an instance stands as it does, in English sentences of one fact each. Pure; it says ids, and nobody's words."""

from __future__ import annotations

from collections.abc import Iterator

from chassis.clock import MICROS, Instant, to_datetime

from kpi.sla.engine import Instance, Standing, Terms, elapsed
from kpi.sla.policy import Metric

_UNITS = (("d", 86_400 * MICROS), ("h", 3_600 * MICROS), ("min", 60 * MICROS), ("s", MICROS))


def explained(terms: Terms, instance: Instance, at: Instant) -> tuple[str, ...]:
    """What was promised, what has counted until `at`, what follows from it. Raises KeyError for a version not there."""
    return tuple(_explained(terms, instance, at))


def length(micros: int) -> str:
    """A length to a person, whole seconds, the two greatest units: "1 h 12 min"; "0 s" for less than a second."""
    parts = []
    for name, unit in _UNITS:
        count, micros = divmod(micros, unit)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def _explained(terms: Terms, one: Instance, at: Instant) -> Iterator[str]:
    policy = terms.policy(one.policy_id, one.version)
    target = policy.target(one.metric)
    promised = 0 if target is None else target.duration
    hours = f"calendar {one.calendar_id} version {one.calendar_version}" if one.calendar_id else "all hours"
    within = f"{length(promised)} before the platform's window closes" if one.metric is Metric.WINDOW_EXPIRY else (
        f"within {length(promised)}"
    )  # fmt: skip
    yield f"policy {one.policy_id} version {one.version} promises {one.metric.name} {within}, {hours}"
    attached = one.attached_at
    later = "" if attached is None or attached <= one.started_at else f", for this case since {_time(attached)}"
    yield f"it counts since {_time(one.started_at)}{later}"
    counted = length(elapsed(terms, one, at))
    match one.standing:
        case Standing.RUNNING if one.due_at is None:
            yield f"{counted} have counted, and {hours} never has enough for the rest"
        case Standing.RUNNING:
            assert one.due_at is not None
            yield f"{counted} have counted; it is due {_time(one.due_at)}, and in time until then"
        case Standing.PAUSED:
            left = length(promised - one.spent)
            yield f"paused after {counted}; it has no due time until it goes on, with {left} left"
        case Standing.BREACHED:
            assert one.breached_at is not None
            yield f"breached {_time(one.breached_at)}, when it was due"
            yield f"{counted} have counted" if one.ended_at is None else f"done {_time(one.ended_at)}, after {counted}"
        case _:
            assert one.ended_at is not None
            yield f"{one.standing.name.lower()} {_time(one.ended_at)}, after {counted}"


def _time(at: Instant) -> str:
    return to_datetime(at).isoformat(timespec="seconds").replace("+00:00", "Z")
