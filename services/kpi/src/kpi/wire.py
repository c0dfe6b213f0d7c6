"""Requests as questions and answers as messages. Knows the contract; asks nobody and decides nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from chassis.clock import Clock, Instant, to_timestamp
from chassis.commits import Position
from chassis.errors import InvalidRequest
from chassis.filters import EVERYTHING, ORDERED, Expression, Field, conditions, holds, member, parse, whole
from chassis.forms import Judge
from chassis.identity import uuid_text
from chassis.requests import optional_instant, page, parse_name, time_zone
from google.protobuf.message import Message
from switchboard.kpi.v1 import service_pb2 as pb

from kpi.curves import POINTS, POINTS_MAX, POINTS_MIN, Curves
from kpi.episodes import EVENTS_PER_COMMIT
from kpi.metrics import REGISTRY
from kpi.metrics.metric import AnyMetric, Basis, Measure, has_completion
from kpi.query import (
    BEGINNING,
    END,
    GROUP_BY_MAX,
    KEY,
    Answer,
    Contribution,
    Group,
    Question,
    Waiting,
    month_of,
    week_of,
)
from kpi.restatement import RestatedGroup
from kpi.views import archive
from kpi.views.contacts import Agents

T = TypeVar("T")
AnyRequest: TypeAlias = (
    pb.QueryMetricsRequest
    | pb.ListContributingEventsRequest
    | pb.WatchWallboardRequest
    | pb.QueryCurvesRequest
    | pb.RestateRequest
)
SHOWN_MAX = 40
"""Dimensions a refusal lists."""
CURSOR = (int, str, int, int)
"""What a page of contributions ends with: start, case, episode, number."""
SECOND = 1_000_000
UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class MetricsQuery:
    """A question and where it is asked: the tenant, and the interval in which its contacts start (microseconds). On the
    basis COMPLETION the interval is the question's own, and a contact may have started at any time before its end.
    """

    tenant: str
    start: int
    end: int
    question: Question
    as_of: int | None = None
    """Log position as of which it is asked, None for now."""
    as_of_time: Instant | None = None
    """The same by an instant: what stood in the log then."""
    min_position: int = 0

    def of(self, position: int) -> MetricsQuery:
        """The question as of the position that its instant was. Raises InvalidRequest where that is too early."""
        if position < self.min_position:
            raise InvalidRequest([("as_of_time", "lies before min_position")])
        return replace(self, as_of=position, as_of_time=None)


class _Complaints:
    """Everything that is wrong with a request, so that the caller hears it at once."""

    def __init__(self) -> None:
        self.violations: list[tuple[str, str]] = []

    def hear(self, ask: Callable[[], T], otherwise: T) -> T:
        try:
            return ask()
        except InvalidRequest as invalid:
            self.violations.extend(invalid.violations)
            return otherwise

    def settle(self) -> None:
        if self.violations:
            raise InvalidRequest(self.violations)


def tenant_of(parent: str) -> str:
    """The tenant of `tenants/*`."""
    return parse_name("tenants/{tenant}", parent, "parent")["tenant"]


def _asked(
    request: AnyRequest,
    metrics: Sequence[str],
    group_by: Sequence[str],
    now: Instant,
    known: Collection[str] | None,
    *,
    zone: str = "",
    complaints: _Complaints,
) -> MetricsQuery:
    """`zone` is the tenant's, for a request that names none."""
    tenant = complaints.hear(lambda: tenant_of(request.parent), "")
    start = complaints.hear(lambda: optional_instant(request, "start_time"), None)
    end = until = None
    as_of: int | None = None
    as_of_time, least, basis = None, 0, Basis.COHORT
    asked: tuple[AnyMetric, ...] = complaints.hear(lambda: _metrics(metrics), ())
    if not isinstance(request, pb.WatchWallboardRequest):
        if not isinstance(request, pb.QueryCurvesRequest):
            number = request.basis
            basis = complaints.hear(lambda: _basis(number), basis)
        if basis is Basis.COMPLETION:
            chosen = asked
            asked = complaints.hear(lambda: _completed(chosen, named=bool(metrics)), asked)
        end = complaints.hear(lambda: optional_instant(request, "end_time"), None)
        until = complaints.hear(lambda: optional_instant(request, "observed_until"), None)
        if request.as_of:
            as_of = complaints.hear(lambda: Position.decode(request.as_of, "as_of"), None)
        as_of_time = complaints.hear(lambda: optional_instant(request, "as_of_time"), None)
        least = complaints.hear(lambda: Position.decode(request.min_position), 0)
        if as_of is not None and as_of < least:
            complaints.violations.append(("as_of", "lies before min_position"))
        if request.as_of and request.HasField("as_of_time"):
            complaints.violations.append(("as_of_time", "is another way to say as_of; leave one of them out"))
    if start is not None and end is not None and end < start:
        complaints.violations.append(("end_time", "lies before start_time"))
    since, before = BEGINNING if start is None else start, END if end is None else end
    question = Question(
        asked,
        complaints.hear(lambda: _group_by(group_by, known), ()),
        complaints.hear(lambda: time_zone(request.time_zone or zone), UTC),
        now if until is None else until,
        complaints.hear(lambda: wanted_of(request.filter, known), EVERYTHING),
        basis,
        since,
        before,
    )
    begins = since if basis is Basis.COHORT else BEGINNING
    return MetricsQuery(tenant, begins, before, question, as_of, as_of_time, least)


def _basis(number: int) -> Basis:
    """What a request says about it, COHORT where it says nothing. Raises InvalidRequest."""
    if number not in pb.Basis.values():
        raise InvalidRequest([("basis", f"{number} is none; use COHORT or COMPLETION")])
    return Basis(number) if number else Basis.COHORT


def _completed(metrics: tuple[AnyMetric, ...], *, named: bool) -> tuple[AnyMetric, ...]:
    """Those that can be asked for by the time of their events. Raises InvalidRequest for another that was named."""
    cohort_only = [metric.definition.id for metric in metrics if not has_completion(metric)]
    if named and cohort_only:
        raise InvalidRequest([("basis", f"{one} is about a cohort; ask for it with COHORT") for one in cohort_only])
    return tuple(metric for metric in metrics if has_completion(metric))


def _metrics(names: Sequence[str]) -> tuple[AnyMetric, ...]:
    """The metrics of these names, or the latest version of all. Raises InvalidRequest."""
    found = {name: REGISTRY.find(name) for name in names}
    if unknown := [name for name, metric in found.items() if metric is None]:
        raise InvalidRequest([("metrics", _no_metric(name)) for name in unknown])
    asked = tuple(metric for name in names if (metric := found[name]) is not None)
    if len({REGISTRY.name(metric) for metric in asked}) != len(names):
        raise InvalidRequest([("metrics", "names a metric twice")])
    return asked or tuple(REGISTRY.latest.values())


def _no_metric(name: str) -> str:
    """Why a name finds none, and what would."""
    metric_id = name.partition("@")[0]
    if there := REGISTRY.versions(metric_id):
        return f"{name[:60]!r} is no version of a metric; {metric_id} has {_listed(there)}"
    return f"{name[:60]!r} is no metric; see ListMetricDefinitions"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _no_dimensions(keys: Sequence[str], known: Collection[str] | None, where: str) -> list[tuple[str, str]]:
    """What is wrong with names of dimensions; `known` are those the tenant has, None when nobody could tell."""
    form = [key for key in dict.fromkeys(keys) if KEY.match(key) is None]
    unknown = [key for key in dict.fromkeys(keys) if known is not None and key not in known and key not in form]
    there = ", ".join(sorted(known or ())[:SHOWN_MAX])
    return [
        *((where, f"{key[:60]!r} is no dimension; use [a-z][a-z0-9_]{{0,39}}") for key in form),
        *((where, f"{key!r} is no dimension and no label of a source; there are {there}") for key in unknown),
    ]


def _group_by(keys: Sequence[str], known: Collection[str] | None) -> tuple[str, ...]:
    violations = _no_dimensions(keys, known, "group_by")
    if len(set(keys)) != len(keys):
        violations.append(("group_by", "names a dimension twice"))
    if len(keys) > GROUP_BY_MAX:
        violations.append(("group_by", f"has more than {GROUP_BY_MAX} dimensions"))
    if violations:
        raise InvalidRequest(violations)
    return tuple(keys)


def _day(text: str) -> str:
    """A date as contacts have it. Raises ValueError."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("is a date such as 2026-03-02") from None


def _hour(text: str) -> str:
    """The beginning of an hour as contacts have it. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.minute or moment.second or moment.microsecond:
        raise ValueError("is the beginning of an hour with its zone, such as 2026-03-02T09:00+01:00, in quotes")
    return moment.isoformat(timespec="minutes")


WEEK = re.compile(r"([0-9]{4})-W([0-9]{1,2})\Z")


def _week(text: str) -> str:
    """A week as contacts have it. Raises ValueError."""
    named = WEEK.match(text)
    try:
        return week_of(date.fromisocalendar(int(named[1]), int(named[2]), 1) if named else date.fromisoformat(text))
    except ValueError:
        raise ValueError("is a week of ISO 8601 such as 2026-W10, or a date in it") from None


def _month(text: str) -> str:
    """A month as contacts have it. Raises ValueError."""
    try:
        return month_of(date.fromisoformat(f"{text}-01"))
    except ValueError:
        raise ValueError("is a month such as 2026-03") from None


_ANY_DIMENSION = {
    "*": Field(),
    "day": Field(_day),
    "hour": Field(_hour),
    "month": Field(_month),
    "week": Field(_week),
}


def wanted_of(text: str, known: Collection[str] | None = None) -> Expression:
    """Reads a filter about `known` dimensions, any when None. Raises InvalidRequest."""
    found = parse(text, _ANY_DIMENSION)
    if wrong := _no_dimensions([one.field for one in conditions(found)], known, "filter"):
        raise InvalidRequest(wrong)
    return found


def scope_of(request: AnyRequest) -> tuple[str, int] | None:
    """The tenant and the position that has to be there first; None where the request does not say it rightly."""
    try:
        if isinstance(request, pb.WatchWallboardRequest):
            return tenant_of(request.parent), token_position(request.resume_token)
        return tenant_of(request.parent), Position.decode(request.min_position)
    except InvalidRequest:
        return None


def query_of(
    request: pb.QueryMetricsRequest, now: Instant, known: Collection[str] | None, zone: str = ""
) -> MetricsQuery:
    """The question of QueryMetrics about `known` dimensions. Raises InvalidRequest with every violation."""
    complaints = _Complaints()
    asked = _asked(request, request.metrics, request.group_by, now, known, zone=zone, complaints=complaints)
    complaints.settle()
    return asked


def wallboard_of(
    request: pb.WatchWallboardRequest, now: Instant, known: Collection[str] | None = None, zone: str = ""
) -> MetricsQuery:
    """The question of WatchWallboard at this moment. Raises InvalidRequest with every violation."""
    complaints = _Complaints()
    asked = _asked(request, request.metrics, request.group_by, now, known, zone=zone, complaints=complaints)
    complaints.hear(lambda: token_position(request.resume_token), 0)
    complaints.settle()
    return asked


def cell_of(
    request: pb.ListContributingEventsRequest, now: Instant, known: Collection[str] | None, zone: str = ""
) -> tuple[MetricsQuery, Group]:
    """The question of ListContributingEvents and the cell's group. Raises InvalidRequest with every violation."""
    complaints = _Complaints()
    keys = [one.key for one in request.group]
    asked = _asked(request, [request.metric], keys, now, known, zone=zone, complaints=complaints)
    complaints.hear(lambda: page(request, CURSOR), None)
    violations = [
        ("metric" if name == "metrics" else "group" if name == "group_by" else name, text)
        for name, text in complaints.violations
    ]
    if violations:
        raise InvalidRequest(violations)
    return asked, tuple(one.value for one in request.group)


def curves_asked(
    request: pb.QueryCurvesRequest, now: Instant, known: Collection[str] | None, zone: str = ""
) -> tuple[MetricsQuery, int]:
    """The question of QueryCurves and how many points a curve has. Raises InvalidRequest with every violation."""
    complaints = _Complaints()
    asked = _asked(request, (), request.group_by, now, known, zone=zone, complaints=complaints)
    named = {"group_by": asked.question.group_by, "filter": [one.field for one in conditions(asked.question.wanted)]}
    for where, fields in named.items():
        if "agent" in fields:
            complaints.violations.append((where, "names agent, and who waits is nobody's yet; leave it out"))
    points = request.points_max or POINTS
    if not POINTS_MIN <= points <= POINTS_MAX:
        complaints.violations.append(("points_max", f"is {POINTS_MIN} to {POINTS_MAX}, or 0 for {POINTS}"))
    complaints.settle()
    return asked, points


def restatement_of(
    request: pb.RestateRequest, now: Instant, known: Collection[str] | None, zone: str = ""
) -> MetricsQuery:
    """The question of Restate, whose two metrics are the versions. Raises InvalidRequest with every violation."""
    complaints = _Complaints()
    pair: tuple[AnyMetric, ...] = complaints.hear(lambda: _versions(request), ())
    names = list(dict.fromkeys(map(REGISTRY.name, pair)))
    asked = _asked(request, names, request.group_by, now, known, zone=zone, complaints=complaints)
    complaints.settle()
    return replace(asked, question=replace(asked.question, metrics=pair))


def _versions(request: pb.RestateRequest) -> tuple[AnyMetric, ...]:
    """Both versions, the earlier value's first. Raises InvalidRequest."""
    there = REGISTRY.versions(request.metric)
    if not there:
        raise InvalidRequest([("metric", f"{request.metric[:60]!r} is no metric; see ListMetricDefinitions")])
    numbers = {"from_version": request.from_version, "to_version": request.to_version or max(there)}
    if wrong := {field: number for field, number in numbers.items() if number not in there}:
        why = f"is no version of {request.metric}; it has {_listed(there)}"
        raise InvalidRequest([(field, f"{number} {why}") for field, number in wrong.items()])
    pair = tuple(there[number] for number in numbers.values())
    units = [metric.definition.unit.name for metric in pair]
    if len(set(units)) > 1:
        detail = f"is in {units[1]}, from_version in {units[0]}: there is no difference; ask for both with QueryMetrics"
        raise InvalidRequest([("to_version", detail)])
    return pair


def judges(clock: Clock) -> Mapping[type[Message], Judge]:
    """What is wrong with the form of requests, by their type; which dimensions there are is asked later."""
    return {
        pb.ListMetricDefinitionsRequest: definitions,
        pb.QueryMetricsRequest: lambda asked: query_of(asked, clock.now(), None),
        pb.WatchWallboardRequest: lambda asked: wallboard_of(asked, clock.now()),
        pb.ListContributingEventsRequest: lambda asked: cell_of(asked, clock.now(), None),
        pb.QueryCurvesRequest: lambda asked: curves_asked(asked, clock.now(), None),
        pb.RestateRequest: lambda asked: restatement_of(asked, clock.now(), None),
    }


DEFINITION_FIELDS = {
    "id": Field(),
    "unit": Field(member(pb.MetricUnit.DESCRIPTOR)),
    "version": Field(whole, ORDERED),
}
"""What definitions can be filtered by: what they are called in their message as well."""


def definitions(request: pb.ListMetricDefinitionsRequest) -> list[pb.MetricDefinition]:
    """The definitions that a list asks for. Raises InvalidRequest."""
    wanted = parse(request.filter, DEFINITION_FIELDS)
    told = map(definition, REGISTRY.every if request.all_versions else REGISTRY.latest.values())
    return [one for one in told if holds(wanted, partial(getattr, one))]


def definition(metric: AnyMetric) -> pb.MetricDefinition:
    """A metric's definition as a message."""
    one = metric.definition
    return pb.MetricDefinition(
        id=one.id,
        version=one.version,
        display_name=one.name,
        description=one.description,
        unit=pb.MetricUnit.Name(one.unit),
        numerator=one.numerator,
        denominator=one.denominator,
        source=one.source,
        agent=pb.AgentOfTheAct.Name(one.agent),
        parameters=[pb.MetricParameter(name=name, seconds=us // SECOND) for name, us in one.parameters],
        has_completion=has_completion(metric),
        metric=REGISTRY.name(metric),
    )


def dimensions(group_by: Sequence[str], group: Group) -> list[pb.Dimension]:
    """A group's coordinates."""
    return [pb.Dimension(key=key, value=value) for key, value in zip(group_by, group, strict=True)]


def rows(question: Question, answer: Answer) -> list[pb.MetricRow]:
    """The rows of an answer."""
    return [
        pb.MetricRow(
            group=dimensions(question.group_by, group),
            values=[_value(metric, measure) for metric, measure in zip(question.metrics, measures, strict=True)],
        )
        for group, measures in answer
    ]


def restated_row(question: Question, row: RestatedGroup) -> pb.RestatedRow:
    """A group before and after."""
    before, after = question.metrics
    return pb.RestatedRow(
        group=dimensions(question.group_by, row.group),
        before=_value(before, row.before),
        after=_value(after, row.after),
        difference=pb.Difference(**row.difference._asdict()),
    )


def _value(metric: AnyMetric, measure: Measure) -> pb.MetricValue:
    return pb.MetricValue(
        metric=REGISTRY.name(metric),
        definition_version=metric.definition.version,
        value=measure.value,
        numerator=measure.numerator,
        denominator=measure.denominator,
    )


def group_curves(group_by: Sequence[str], group: Group, curves: Curves) -> pb.GroupCurves:
    """A group's curves."""
    return pb.GroupCurves(
        group=dimensions(group_by, group),
        contacts=curves.contacts,
        first_response=[
            pb.SurvivalPoint(seconds=one.us / SECOND, waiting_share=one.share, at_risk=one.at_risk)
            for one in curves.first_response
        ],
        backlog=[pb.BacklogPoint(at=to_timestamp(Instant(at)), waiting=number) for at, number in curves.backlog],
    )


def floor(waits: Waiting, agents: Agents) -> pb.Floor:
    """Who waits and who can answer, as a message."""
    return pb.Floor(
        waiting=waits.contacts,
        oldest_waiting_start=None if waits.since is None else to_timestamp(Instant(waits.since)),
        answered_on_time=waits.on_time,
        due=waits.due,
        agents_free=agents.free,
        agents_busy=agents.busy,
        agents_away=agents.away,
    )


def contribution(tenant: str, one: Contribution, events: Mapping[archive.Place, archive.Evidence]) -> pb.Contribution:
    """One contact of a cell, or one thing inside it, with the events that decided what the observer saw."""
    seen, item = one.contact, one.item
    shown = [_evidence(role, ref, events) for role, ref in _deciding(one)]
    made = pb.Contribution(
        case=f"tenants/{tenant}/cases/{one.known.case_id}",
        episode=one.known.episode,
        start_time=to_timestamp(Instant(seen.start)),
        in_numerator=one.part.numerator,
        in_denominator=one.part.denominator,
        seconds=None if one.part.us is None else one.part.us / SECOND,
        events=[evidence for _, _, evidence in sorted(shown, key=lambda found: found[:2])],
        skewed=seen.skewed and seen.answered_any is not None,
    )
    if item is not None:
        made.agent, made.queue = item.agent, one.known.queue if item.queue is None else item.queue
        if item.at is not None:
            made.complete_time.CopyFrom(to_timestamp(Instant(item.at)))
    return made


def _deciding(one: Contribution) -> Sequence[tuple[str, int]]:
    """(role, reference) of the events that decided it: an item's own, or those of the contact that were observed."""
    if one.item is not None and one.item.events:
        return one.item.events
    seen, refs = one.contact, one.known.refs
    shown = refs._replace(
        accepted=refs.accepted if seen.accepted else None,
        answered_any=refs.answered_any if seen.answered_any else None,
        answered_human=refs.answered_human if seen.answered_human else None,
        resolved=refs.resolved if seen.resolved else None,
        withdrawn=refs.withdrawn if seen.withdrawn_at is not None else None,
    )
    return [(role, ref) for role, ref in shown._asdict().items() if ref is not None]


UNREADABLE = "the archive does not have this event whole; `switchboard log verify` says from where on"


def _evidence(role: str, ref: int, events: Mapping[archive.Place, archive.Evidence]) -> tuple[int, str, pb.Evidence]:
    position, index = divmod(ref, EVENTS_PER_COMMIT)
    event = events.get((position, index))
    if event is None:
        evidence = pb.Evidence(position=Position.encode(position), role=role, unreadable=UNREADABLE)
        return ref, role, evidence
    evidence = pb.Evidence(
        event_id=uuid_text(event.event_id),
        position=Position.encode(position),
        role=role,
        type=event.type,
        at=to_timestamp(event.occurred_at),
    )
    return ref, role, evidence


def places_of(found: Sequence[Contribution]) -> set[tuple[int, int]]:
    """(position, index) of the deciding events of these."""
    return {divmod(ref, EVENTS_PER_COMMIT) for one in found for _, ref in _deciding(one)}


_TOKEN_BYTES = 24


def group_of(row: pb.MetricRow) -> bytes:
    """A row's group, as bytes that read as a DimensionGroup."""
    return pb.DimensionGroup(group=row.group).SerializeToString(deterministic=True)


def digest(row: pb.MetricRow) -> bytes:
    """16 bytes that stand for a row and its values."""
    return hashlib.sha256(row.SerializeToString(deterministic=True)).digest()[:16]


def resume_token(position: int, shown: Mapping[bytes, bytes]) -> str:
    """What a wallboard showed, as a token: the position and a digest of the rows' digests by group."""
    raw = position.to_bytes(8, "big") + _digest(shown)
    return base64.urlsafe_b64encode(raw).decode()


def shows(token: str, shown: Mapping[bytes, bytes]) -> bool:
    """Whether the token was given out for these very rows. Raises InvalidRequest for what is no token."""
    return _token(token)[8:] == _digest(shown)


def token_position(token: str) -> int:
    """The position of a token, 0 for none. Raises InvalidRequest for what is no token."""
    return int.from_bytes(_token(token)[:8], "big") if token else 0


TOKENS = {"switchboard.kpi.v1.WatchWallboardRequest.resume_token": token_position}
"""Position tokens of another form than the usual one."""


def _token(token: str) -> bytes:
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _TOKEN_BYTES:
        raise InvalidRequest([("resume_token", "is no token of this method; leave it empty to begin with a snapshot")])
    return raw


def _digest(shown: Mapping[bytes, bytes]) -> bytes:
    sha = hashlib.sha256()
    for row in shown.values():
        sha.update(row)
    return sha.digest()[:16]
