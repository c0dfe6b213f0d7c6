"""Goodwill and settings of desks at the owner of their shard: requests as commands, and what its memory says."""

import re
from collections.abc import Iterable, Sequence

from chassis.clock import Instant, to_timestamp
from chassis.identity import uuid5
from chassis.requests import page, parse_name
from google.protobuf.message import Message
from switchboard.routing.v1 import desk_pb2 as api
from switchboard.routing.v1 import events_pb2

from routing import commands
from routing.canned_requests import COMPLAINTS_MAX
from routing.cases import Case
from routing.form import CODE, Form, case_and_agent, mask_of
from routing.goodwill import DeskPolicy, Limit, limits_of, of_the_day
from routing.memory_reads import FORWARDED_BYTES_MAX, Writer
from routing.shard import Shard
from routing.terms import GoodwillGrant, GoodwillState, GoodwillTerms, JargonTerm

GOODWILL = bytes.fromhex("5f0c7d2ab31e5c4f9a6d20c1e7b84a93")
"""Namespace of grants: named by the request that asked for them."""
NAME = "tenants/{tenant}/cases/{case}/goodwill/{goodwill}"
POLICY = "tenants/{tenant}/deskPolicy"
AMOUNT_MAX = 10**12
LIMITS_MAX = 200
APPROVERS_MAX = 100
JARGON_MAX = 200
TERM_MAX = 60
"""Code points of a word of jargon, and of what to say instead."""
_UNIT = re.compile(r"[A-Z]{3}|points")


def granting(request: api.GrantGoodwillRequest, now: Instant) -> commands.GrantGoodwill:
    """The command of an amount to be granted. Raises InvalidRequest."""
    form = Form(request)
    request_id = form.request_id()
    tenant, _ = form.name("name", "cases")
    case_id, agent_id = case_and_agent(form)
    unit, reason = form.text("unit", _UNIT), form.text("reason", CODE)
    if not 1 <= request.amount <= AMOUNT_MAX:
        form.wrong("amount", f"is a whole number of minor units, or points, from 1 to {AMOUNT_MAX}")
    form.check()
    grant_id = uuid5(GOODWILL, f"{tenant}/{request_id}")
    return commands.GrantGoodwill(case_id, agent_id, grant_id, unit, request.amount, reason, request.ask_approval, now)


def deciding(request: api.ApproveGoodwillRequest | api.RefuseGoodwillRequest, now: Instant) -> commands.DecideGoodwill:
    """The command of somebody's word about what waits. Raises InvalidRequest."""
    form = Form(request)
    form.request_id()
    parts = form.parts("name", NAME)
    by, reason = form.of_tenant("agent", "agents", parts["tenant"]), form.text("reason", CODE)
    form.check()
    approves = isinstance(request, api.ApproveGoodwillRequest)
    return commands.DecideGoodwill(parts["case"], parts["goodwill"], by, approves, reason, now)


def changing(request: api.UpdateDeskPolicyRequest, now: Instant) -> commands.ChangeDeskPolicy:
    """The command of other settings of desks. Raises InvalidRequest."""
    form, policy = Form(request), request.desk_policy
    form.request_id()
    found = form.take(lambda: _tenant_of(policy.name), "")
    mask = mask_of(form, policy, request.update_mask)
    limits = _limits(form, found, policy.goodwill_limits)
    if len(policy.goodwill_approvers) > APPROVERS_MAX:
        form.wrong("desk_policy.goodwill_approvers", f"are at most {APPROVERS_MAX}")
    approvers = {
        form.of_tenant("desk_policy.goodwill_approvers", "agents", found, n) for n in policy.goodwill_approvers
    }
    jargon = _jargon(form, policy.jargon)
    form.check()
    return commands.ChangeDeskPolicy(
        limits if "goodwill_limits" in mask else None,
        tuple(sorted(approvers)) if "goodwill_approvers" in mask else None,
        jargon if "jargon" in mask else None,
        now,
    )


def waiting(writer: Writer, request: api.ListWaitingGoodwillRequest) -> Message:
    """A page of what waits for somebody's word, by case and id. Raises InvalidRequest."""
    part, tenant = page(request, (str, str)), writer.subject.tenant
    after = (str(part.cursor[0]), str(part.cursor[1])) if part.cursor else ("", "")
    found = sorted(
        (case.case_id, one.grant_id)
        for case in writer.state.cases.values()
        for one in case.goodwill
        if one.state is GoodwillState.WAITING
    )
    listed, token = part.cut([key for key in found if key > after][: part.size + 1], tuple)
    messages = [message(tenant, case_id, _grant(writer.state.cases[case_id], grant)) for case_id, grant in listed]
    shown, token = part.within(listed, messages, token, tuple, FORWARDED_BYTES_MAX)
    return api.ListWaitingGoodwillResponse(goodwill=shown, next_page_token=token)


def policy_message(tenant: str, policy: DeskPolicy) -> api.DeskPolicy:
    """The settings of a tenant's desks."""
    place = f"tenants/{tenant}"
    return api.DeskPolicy(
        name=f"{place}/deskPolicy",
        goodwill_limits=[
            api.GoodwillLimit(
                agent=f"{place}/agents/{one.agent_id}" if one.agent_id else "",
                queue=f"{place}/queues/{one.queue}" if one.queue else "",
                unit=one.unit,
                per_case=one.per_case,
                per_day=one.per_day,
            )
            for one in policy.limits
        ],
        goodwill_approvers=[f"{place}/agents/{agent_id}" for agent_id in policy.approvers],
        jargon=[events_pb2.JargonTerm(term=one.term, instead=one.instead) for one in policy.jargon],
        updated_at=to_timestamp(policy.updated_at) if policy.updated_at else None,
    )


def message(tenant: str, case_id: str, one: GoodwillGrant) -> api.Goodwill:
    """A grant, or a request for one, as it is shown."""
    place = f"tenants/{tenant}"
    return api.Goodwill(
        name=f"{place}/cases/{case_id}/goodwill/{one.grant_id}",
        agent=f"{place}/agents/{one.agent_id}",
        unit=one.unit,
        amount=one.amount,
        reason=one.reason,
        state=f"GOODWILL_STATE_{one.state.name}",
        asked_at=to_timestamp(one.at),
        decided_by=f"{place}/agents/{one.by_agent_id}" if one.by_agent_id else "",
        decision_reason=one.decision_reason,
        decided_at=None if one.decided_at is None else to_timestamp(one.decided_at),
    )


def granted(tenant: str, case: Case, grant_id: str) -> api.Goodwill:
    """One of a case."""
    return message(tenant, case.case_id, _grant(case, grant_id))


def standing(tenant: str, shard: Shard, case: Case, agent_id: str, now: Instant) -> api.GoodwillStanding:
    """What was granted in a case, and what an agent may still grant."""
    day = of_the_day(shard.granted.get(agent_id, ()), now)
    limits = limits_of(shard.desk_policy, (agent_id, case.queue), case.goodwill, day) if agent_id else []
    return api.GoodwillStanding(
        goodwill=[message(tenant, case.case_id, one) for one in case.goodwill],
        agent=f"tenants/{tenant}/agents/{agent_id}" if agent_id else "",
        allowances=[_allowance(limit) for limit in limits],
    )


def _allowance(limit: Limit) -> api.GoodwillAllowance:
    return api.GoodwillAllowance(
        unit=limit.unit,
        per_case=limit.per_case,
        per_day=limit.per_day,
        case_used=limit.case_used,
        day_used=limit.day_used,
        left=limit.left,
    )


def _grant(case: Case, grant_id: str) -> GoodwillGrant:
    (found,) = [one for one in case.goodwill if one.grant_id == grant_id]
    return found


def _limits(form: Form, tenant: str, given: Sequence[api.GoodwillLimit]) -> tuple[GoodwillTerms, ...]:
    field = "desk_policy.goodwill_limits"
    found: dict[tuple[str, str, str], GoodwillTerms] = {}
    for one in given:
        agent_id = form.of_tenant(field, "agents", tenant, one.agent) if one.agent else ""
        queue = form.of_tenant(field, "queues", tenant, one.queue) if one.queue else ""
        found[agent_id, queue, one.unit] = GoodwillTerms(agent_id, queue, one.unit, one.per_case, one.per_day)
    if len(given) > LIMITS_MAX or len(found) != len(given):
        form.wrong(field, f"are at most {LIMITS_MAX}, one of each agent, queue and unit")
    if any(_UNIT.fullmatch(one.unit) is None for one in given):
        form.wrong(field, "have a unit, an ISO 4217 code such as EUR, or points")
    if any(not (0 <= one.per_case <= AMOUNT_MAX and 0 <= one.per_day <= AMOUNT_MAX) for one in given):
        form.wrong(field, f"have amounts of 0 to {AMOUNT_MAX}, in minor units or points")
    return tuple(found[key] for key in sorted(found))


def _jargon(form: Form, given: Iterable[events_pb2.JargonTerm]) -> tuple[JargonTerm, ...]:
    field, terms = "desk_policy.jargon", list(given)
    found = {one.term.casefold(): JargonTerm(one.term, one.instead) for one in terms}
    if len(terms) > JARGON_MAX or len(found) != len(terms):
        form.wrong(field, f"are at most {JARGON_MAX}, each term once")
    wrong = [one.term for one in terms if not one.term.strip() or max(len(one.term), len(one.instead)) > TERM_MAX]
    for term in wrong[:COMPLAINTS_MAX]:
        form.wrong(field, f"has a term of 1 to {TERM_MAX} code points, and at most so many instead; not {term[:60]!r}")
    return tuple(found[key] for key in sorted(found))


def _tenant_of(name: str) -> str:
    return parse_name(POLICY, name, "desk_policy.name")["tenant"]
