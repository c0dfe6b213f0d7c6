"""A plan as one document; null where there is no value. Times are in seconds, shares 0 to 1, loads in agents."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chassis.clock import to_timestamp

from routing.staffing.backtesting import judge, split, with_who_was_there
from routing.staffing.demand import History, Kind
from routing.staffing.erlang import with_shrinkage
from routing.staffing.forecasting import CONFIDENCE, Forecast
from routing.staffing.planning import Asked, Known, Needs, Plan, Planned
from routing.staffing.searching import CUSTOMERS, REPLICATIONS


def document(found: History, made: Plan, asked: Asked, time_zone: str, shrinkage: float) -> dict[str, Any]:
    """Everything there is to say of a plan."""
    first, last = found.half_hours[0], found.half_hours[-1]
    return {
        "record": {
            "from": to_timestamp(first.start).ToJsonString(),
            "until": to_timestamp(last.end).ToJsonString(),
            "time_zone": time_zone,
            "customers": len(found.contacts),
        },
        "target": {**asdict(asked), "shrinkage": shrinkage},
        "confidence": CONFIDENCE,
        "simulated": {"customers": CUSTOMERS, "replications": REPLICATIONS},
        "day": made.day.isoformat(),
        "there_by": "shifts" if made.is_by_shifts else "presence",
        "kinds": [_kind(kind, one) for kind, one in made.kinds.items()],
        "half_hours": [_half_hour(one, shrinkage) for one in made.half_hours],
        "week": [
            {
                "weekday": slot.weekday,
                "at": str(slot),
                "expected": expected.mean,
                **_needs(needs, shrinkage, simulated=False),
                "there": there,
            }
            for slot, (expected, needs, there) in made.week.items()
        ],
        "backtest": _backtest(found),
    }


def _kind(kind: Kind, one: Known) -> dict[str, Any]:
    return {
        "kind": str(kind),
        "queue": kind.queue,
        "skills": [{"skill": each.skill, "least_level": each.min_level} for each in kind.skills],
        "customers": len(one.demand.contacts),
        "handling_s": one.times.handling_s,
        "handling_cv": one.times.handling_cv,
        "patience_s": _finite(one.times.patience_s),
        "within_s": one.target.within_s,
        "at_a_time": one.at_a_time,
        "agents": one.agents,
    }


def _half_hour(one: Planned, shrinkage: float) -> dict[str, Any]:
    return {
        "start": to_timestamp(one.half_hour.start).ToJsonString(),
        "at": str(one.half_hour.slot),
        **_forecast(one.forecast),
        **_needs(one.needs, shrinkage),
        "there": one.there,
        "kinds": [
            {"kind": str(kind), **_forecast(expected), **_needs(needs, shrinkage)}
            for kind, (expected, needs) in one.kinds.items()
        ],
    }


def _forecast(one: Forecast) -> dict[str, float]:
    return {"expected": one.mean, "low": one.low, "high": one.high, "weeks": one.weeks}


def _needs(one: Needs, shrinkage: float, *, simulated: bool = True) -> Mapping[str, int | None]:
    found = {"erlang_c": one.erlang_c, "erlang_a": one.erlang_a}
    if simulated:
        found["simulated"] = one.simulated
    found["scheduled"] = None if one.erlang_a is None else with_shrinkage(one.erlang_a, shrinkage)
    return found


def _backtest(found: History) -> dict[str, Any] | None:
    """The last seven days, forecast from those before."""
    parts = split(found)
    judged = None if parts is None else judge(*parts)
    if parts is None or judged is None:
        return None
    waited = with_who_was_there(*parts)
    told = None if waited is None else {name: _finite(value) for name, value in asdict(waited).items()}
    return {"from": parts[1].half_hours[0].day.isoformat(), "arrivals": asdict(judged), "erlang_a": told}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
