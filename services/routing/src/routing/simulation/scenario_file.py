"""A scenario as somebody writes it, in TOML. What is wrong with it is one sentence with the key and the fix.

docs/recipes/simulating.md has all keys with their meaning, and an example.
"""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from enum import IntEnum
from typing import Any, NoReturn, TypeVar

from routing.agents import CAPACITY_MAX, OFFER_WIDTH_MAX, Policy
from routing.relaxation import STEPS_MAX
from routing.simulation.chance import Constant, Distribution, Exponential, LogNormal
from routing.simulation.scenario import Customers, Named, Scenario, Team
from routing.simulation.world import ORDINARY, Pace
from routing.terms import Ordering, Relaxation, Selection

BYTES_MAX = 1_000_000
HOURS_MAX = 744.0
"""A month."""
SECONDS_MAX = 30 * 86_400.0
AGENTS_MAX = 2_000
ARRIVALS_MAX = 200_000
"""Customers of one replication. Against: a core goes through some four thousand a second."""
ARRIVALS_LEAST = 0.01
GROUPS_MAX = 100
POLICIES_MAX = 10
SKILLS_MAX = 100
WEIGHT_MAX = 1e6
CV_MAX = 10.0

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_SKILL = re.compile(r"[a-z0-9][a-z0-9:._-]{0,62}")
_SHOWN_MAX = 60


M = TypeVar("M", bound=IntEnum)


class BadScenario(ValueError):
    """A scenario that cannot be simulated; the message is a sentence for its author."""


def read_scenario(data: bytes) -> Scenario:
    """The scenario of a file's bytes. Raises BadScenario."""
    return _scenario(_read(data))


def read_policies(data: bytes) -> tuple[Named, ...]:
    """The policies of a file that has nothing else. Raises BadScenario."""
    file = _read(data)
    policies = _policies(file)
    file.close()
    return policies


def _read(data: bytes) -> "_Table":
    if len(data) > BYTES_MAX:
        raise BadScenario(f"it has more than {BYTES_MAX} bytes: that is another file")
    try:
        document = tomllib.loads(data.decode())
    except UnicodeDecodeError:
        raise BadScenario("it is no text in UTF-8; save it as such") from None
    except RecursionError:
        raise BadScenario("it is nested too deeply; a scenario has tables in two levels") from None
    except ValueError as error:  # tomllib's own, or a number with too many digits
        raise BadScenario(f"it is no TOML: {_printable(str(error))}") from None
    return _Table("", document)


class _Table:
    """A table of the file that knows where it stands, and says so of what is wrong in it."""

    def __init__(self, path: str, values: Mapping[str, Any]) -> None:
        self.path = path
        self._values = values
        self._asked: list[str] = []

    def wrong(self, key: str, fix: str) -> NoReturn:
        """Refuses a key: `fix` goes on after its name."""
        raise BadScenario(f"{self.place(key)} {fix}")

    def place(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        self._asked.append(key)
        return key in self._values

    def get(self, key: str) -> Any:
        """A value. Raises BadScenario when there is none."""
        if not self.has(key):
            near = get_close_matches(key, [other for other in self._values if other not in self._asked], 1)
            self.wrong(key, f"is missing; is {_shown(near[0])} meant to be it?" if near else "is missing; write it")
        return self._values[key]

    def number(self, key: str, least: float, most: float, default: float | None = None) -> float:
        if default is not None and not self.has(key):
            return default
        return self._number(key, self.get(key), least, most)

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        if default is not None and not self.has(key):
            return default
        value = self.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.wrong(key, f"is {_shown(value)}; write a whole number of {least} to {most}")
        return value

    def name(self, key: str, taken: Sequence[str]) -> str:
        value = self.get(key)
        if not isinstance(value, str) or _NAME.fullmatch(value) is None:
            self.wrong(key, f'is {_shown(value)}; write at most 31 of a to z, 0 to 9 and -, such as "billing"')
        if value in taken:
            self.wrong(key, f"is {_shown(value)}, and so is another one's; give each a name of its own")
        return value

    def word(self, key: str, words: type[M], default: M) -> M:
        """A member of an enumeration, by its name in lower case."""
        if not self.has(key):
            return default
        value, known = self.get(key), {member.name.lower(): member for member in words if member}
        if not isinstance(value, str) or value not in known:
            self.wrong(key, f"is {_shown(value)}; write one of {', '.join(known)}")
        return known[value]

    def table(self, key: str) -> "_Table":
        value = self.get(key)
        if not isinstance(value, dict):
            self.wrong(key, f"is {_shown(value)}; write a table such as [{self.place(key)}]")
        return _Table(self.place(key), value)

    def tables(self, key: str) -> list["_Table"]:
        value = self.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
            self.wrong(key, f"is {_shown(value)}; write one [[{key}]] for each, at least one")
        if len(value) > GROUPS_MAX:
            self.wrong(key, f"are {len(value)}; a scenario has at most {GROUPS_MAX}")
        return [_Table(f"{self.place(key)}[{number}]", one) for number, one in enumerate(value, 1)]

    def rates(self, key: str, most: float) -> tuple[float, ...]:
        """One number for all hours, or one for each."""
        value = self.get(key)
        rates = value if isinstance(value, list) else [value]
        if not rates or len(rates) > HOURS_MAX:
            self.wrong(key, f"has {len(rates)} numbers; write one for all hours, or one for each hour")
        found = tuple(self._number(key, rate, 0, most) for rate in rates)
        if not any(found):
            self.wrong(key, "is 0, so nobody would come; write how many come in an hour")
        return found

    def distribution(self, key: str) -> Distribution:
        value = self.get(key)
        if not isinstance(value, dict):
            return Constant(self._number(key, value, 0.001, SECONDS_MAX))
        inner = _Table(self.place(key), value)
        if inner.has("lognormal"):
            found: Distribution = LogNormal(
                inner.number("lognormal", 0.001, SECONDS_MAX), inner.number("cv", 0.001, CV_MAX)
            )
        elif inner.has("exponential"):
            found = Exponential(inner.number("exponential", 0.001, SECONDS_MAX))
        else:
            self.wrong(
                key, "names no distribution; write seconds, { exponential = MEAN } or { lognormal = MEAN, cv = SPREAD }"
            )
        inner.close()
        return found

    def skills(self, key: str, least: float, most: float) -> dict[str, Any]:
        """Numbers by skill; a list of skills gives each a 1."""
        if not self.has(key):
            return {}
        value = self.get(key)
        if isinstance(value, list):
            if len(set(map(str, value))) != len(value):
                self.wrong(key, "names a skill twice; name each once")
            value = dict.fromkeys(map(str, value), 1)
        if not isinstance(value, dict) or not value or len(value) > SKILLS_MAX:
            self.wrong(
                key, f"is {_shown(value)}; write 1 to {SKILLS_MAX} skills such as {{ billing = 1, refunds = 2 }}"
            )
        for skill, number in value.items():
            if _SKILL.fullmatch(skill) is None:
                self.wrong(key, f'has {_shown(skill)}; a skill is of a to z, 0 to 9 and : . _ -, such as "lang:zh"')
            self._number(f"{key}.{skill}", number, least, most)
        return value

    def close(self) -> None:
        """Raises BadScenario for a key nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                near = get_close_matches(key, self._asked, 1)
                known = ", ".join(dict.fromkeys(self._asked))
                meant = f"did you mean {near[0]}?" if near else f"it can be {known}"
                self.wrong(_printable(key)[:_SHOWN_MAX], f"is no key that is known here; {meant}")

    def _number(self, key: str, value: Any, least: float, most: float) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            self.wrong(key, f"is {_shown(value)}; write a number of {least:g} to {most:g}")
        return float(value)


def _scenario(file: _Table) -> Scenario:
    hours = file.number("hours", 0.01, HOURS_MAX)
    warm_up_h = file.number("warm_up_hours", 0, HOURS_MAX, 0.0)
    offer_timeout_s = file.whole("offer_timeout_s", 1, 86_400, 60)
    offer_width = file.whole("offer_width", 1, OFFER_WIDTH_MAX, 1)
    pace = _pace(file.table("pace")) if file.has("pace") else ORDINARY
    teams = _teams(file, warm_up_h + hours)
    customers = _customers(file)
    policies = _policies(file) if file.has("policies") else (Named("default", Policy()),)
    file.close()
    scenario = Scenario(hours, customers, teams, warm_up_h, offer_timeout_s, pace, policies, offer_width)
    if scenario.expected() < ARRIVALS_LEAST:
        raise BadScenario("customers.per_hour brings nobody in the hours that are simulated; write more, or more hours")
    for number, group in enumerate(customers, 1):
        for skill, _ in group.skills:
            if not any(name == skill and level >= group.least_level for team in teams for name, level in team.skills):
                raise BadScenario(
                    f"customers[{number}].skills has {skill}, which no team has at level {group.least_level} or more,"
                    " so nobody could ever serve them; give it to a team's skills, or lower least_level"
                )
    return bounded(scenario)


def bounded(scenario: Scenario) -> Scenario:
    """The scenario, when it is not more than a process can take. Raises BadScenario."""
    if (agents := sum(team.count for team in scenario.teams)) > AGENTS_MAX:
        raise BadScenario(f"teams have {agents} agents together, and a scenario has at most {AGENTS_MAX}; lower count")
    if (expected := scenario.expected()) > ARRIVALS_MAX:
        raise BadScenario(
            f"customers.per_hour brings some {expected:.0f} customers in a replication, and one has at most"
            f" {ARRIVALS_MAX}; lower it, or hours"
        )
    return scenario


def _pace(table: _Table) -> Pace:
    pace = Pace(table.number("at_level_1", 0.01, 100, 1.0), table.number("at_level_5", 0.01, 100, 1.0))
    table.close()
    return pace


def _customers(file: _Table) -> tuple[Customers, ...]:
    found: list[Customers] = []
    for table in file.tables("customers"):
        found.append(
            Customers(
                name=table.name("name", [one.name for one in found]),
                per_hour=table.rates("per_hour", ARRIVALS_MAX),
                handling_s=table.distribution("handling_s"),
                first_response_s=table.whole("first_response_s", 1, 2_592_000, 3600),
                patience_s=table.distribution("patience_s") if table.has("patience_s") else None,
                urgency=table.whole("urgency", 0, 3, 0),
                skills=tuple((s, float(n)) for s, n in table.skills("skills", 0.000001, WEIGHT_MAX).items()),
                least_level=table.whole("least_level", 1, 5, 1),
            )
        )
        table.close()
    return tuple(found)


def _teams(file: _Table, total_h: float) -> tuple[Team, ...]:
    found: list[Team] = []
    for table in file.tables("teams"):
        name, count = table.name("name", [one.name for one in found]), table.whole("count", 1, AGENTS_MAX)
        skills = table.skills("skills", 0, 5)
        for skill, level in skills.items():
            if not isinstance(level, int):
                table.wrong(f"skills.{skill}", f"is {_shown(level)}; write a level of 0 to 5")
        shift_h = None
        if table.has("from_hour") or table.has("until_hour"):
            shift_h = (table.number("from_hour", 0, HOURS_MAX, 0.0), table.number("until_hour", 0, 2 * HOURS_MAX))
            if not shift_h[0] < min(shift_h[1], total_h):
                table.wrong("from_hour", f"is {shift_h[0]:g}; write less than until_hour and than the {total_h:g} hours"
                            " of the scenario, warm_up_hours included")  # fmt: skip
        found.append(
            Team(
                name,
                count,
                tuple(skills.items()),
                table.whole("capacity", 1, CAPACITY_MAX, 1),
                shift_h,
                table.number("accepts_after_s", 0, SECONDS_MAX, 0.0),
            )
        )
        table.close()
    return tuple(found)


def _policies(file: _Table) -> tuple[Named, ...]:
    """What a policy leaves out is as without one."""
    found: list[Named] = []
    usual = Policy()
    for table in file.tables("policies"):
        if len(found) == POLICIES_MAX:
            table.wrong("name", f"is one too many: at most {POLICIES_MAX} policies are compared")
        found.append(
            Named(
                table.name("name", [one.name for one in found]),
                Policy(
                    ordering=table.word("ordering", Ordering, usual.ordering),
                    selection=table.word("selection", Selection, usual.selection),
                    late_share=table.whole("late_share", 1, 1_000, usual.late_share),
                    urgency_head_start_s=table.whole("urgency_head_start_s", 1, 2_592_000, usual.urgency_head_start_s),
                    rescue_s=table.whole("rescue_s", 1, 86_400, usual.rescue_s),
                    max_missed_offers=table.whole("max_missed_offers", 1, 1_000, usual.max_missed_offers),
                    relaxations=_relaxations(table),
                ),
            )
        )
        table.close()
    return tuple(found)


def _relaxations(policy: _Table) -> tuple[Relaxation, ...]:
    """The steps of a policy, in the order of after_s; each about a skill that customers ask for."""
    found: list[Relaxation] = []
    for table in policy.tables("relaxations") if policy.has("relaxations") else ():
        if len(found) == STEPS_MAX:
            table.wrong("after_s", f"is one too many: a policy has at most {STEPS_MAX} steps")
        skill = table.get("skill")
        if not isinstance(skill, str) or _SKILL.fullmatch(skill) is None:
            table.wrong("skill", f'is {_shown(skill)}; write the skill that is asked for less, such as "lang:zh"')
        step = Relaxation("", table.whole("after_s", 1, 2_592_000), skill, table.whole("min_level", 0, 4, 0))
        if found and step.after_s < found[-1].after_s:
            table.wrong("after_s", f"is {step.after_s}, less than that of the step before; write them in their order")
        found.append(step)
        table.close()
    return tuple(found)


def _shown(value: Any) -> str:
    """A value in a sentence, in the words of the file and not longer than it can be read."""
    match value:
        case bool():
            told = str(value).lower()
        case int() if abs(value) > 10**15:
            told = "a number beyond all measure"
        case float() if not math.isfinite(value):
            told = str(value)
        case dict():
            told = "a table"
        case list():
            told = f"a list of {len(value)}"
        case str():
            told = f'"{_printable(value)}"'
        case _:
            told = str(value)
    return told if len(told) <= _SHOWN_MAX else f"{told[: _SHOWN_MAX - 1]}…"


def _printable(text: str) -> str:
    """The text without what a terminal would obey."""
    return "".join(each if each.isprintable() else " " for each in text)
