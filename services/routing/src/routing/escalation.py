"""Up a level: a case to the queue above its own, and a thread out of its community to whoever answers there. Pure.

A post that is taken out of a community speaks to us from then on, and everything else follows from that as it follows
for any post: whose case it is, what of its thread hangs on it, whatever arrives later and in which order.
"""

from chassis.errors import Rejected

from routing import commands, events
from routing.case_decider import find, known_agent, line_up, name, rescind, standing, waits_since
from routing.cases import Accepted, Case, Idle, Joined, Pending, Queued, alone, holder, is_closed, offers_of
from routing.commands import Reason
from routing.matching import Decision
from routing.posts import Post, Sight
from routing.queue_decider import higher_queue, known_queue
from routing.remembering import find_post, threads_of
from routing.roles import Together
from routing.shard import Shard
from routing.terms import RescindReason
from routing.threads import become_addressed

ESCALATED = "escalated"
"""The reason of a release that an escalation brings about."""


def escalate_case(decision: Decision, c: commands.EscalateCase) -> None:
    """Sends a case one level up, with its place. Raises Rejected."""
    if c.agent_id:
        known_agent(decision, c.agent_id)
    case = find(decision, c.case_id)
    if is_closed(case):
        what = "escalate that one" if isinstance(case.stage, Joined) else "reopen it to escalate it"
        raise Rejected(
            Reason.CASE_CLOSED, f"{name(case.case_id)} {standing(case)}; {what}", resource=f"cases/{case.case_id}"
        )
    queue_id = _above(decision.shard, case, c.queue)
    urgency = case.urgency if c.urgency is None else c.urgency
    waiting_since = waits_since(case, decision.at)
    rescind(decision, case, RescindReason.TRANSFERRED)
    if isinstance(case.stage, Accepted | Pending):
        decision.emit(events.CaseReleased(case.case_id, holder(case), ESCALATED, decision.at))
    decision.emit(_escalated(case, c, queue_id, urgency, from_queue=case.queue))
    line_up(decision, case, queue_id, urgency, waiting_since)


def escalate_post(decision: Decision, c: commands.EscalatePost) -> None:
    """Takes a post out of its community; nothing when it speaks to the desk already. Raises Rejected."""
    if c.agent_id:
        known_agent(decision, c.agent_id)
    if c.queue:
        known_queue(decision.shard, c.queue)
    together = Together(threads_of(decision, (c.post_id,)))
    post, sight = _taken_out(decision, c)
    if sight.is_addressed:
        return
    become_addressed(decision, together, post, sight)
    case = _case_of(decision, together, post, sight)
    if case is None:
        return
    queue_id = c.queue or case.queue
    urgency = max(case.urgency, c.urgency)
    waits = isinstance(alone(case).stage, Queued | Idle) or bool(offers_of(case))
    waiting_since = waits_since(case, decision.at)
    decision.emit(_escalated(case, c, queue_id if waits else case.queue, urgency, from_queue=""))
    if waits and isinstance(alone(case).stage, Queued) and (queue_id, urgency) != (case.queue, case.urgency):
        line_up(decision, case, queue_id, urgency, waiting_since)


def case_id_of_post(shard: Shard, post_id: str, desk: str) -> str:
    """The case of a post's author, "" for none; with "" of the only desk that knows it."""
    post = shard.threads.find(post_id)
    for sight in () if post is None else post.sights:
        if desk in ("", sight.desk):
            for part in sight.parts:
                thread = shard.threads.by_key[post_id]
                return thread.case_of(part)
    return ""


def _escalated(
    case: Case, c: commands.EscalateCase | commands.EscalatePost, queue_id: str, urgency: int, *, from_queue: str
) -> events.CaseEscalated:
    level = 1 if case.escalation is None else case.escalation.level + 1
    return events.CaseEscalated(case.case_id, c.agent_id, level, c.reason, c.at, queue_id, from_queue, urgency)


def _above(shard: Shard, case: Case, named: str) -> str:
    """The queue one level up. Raises Rejected."""
    if named:
        known_queue(shard, named)
        if named != case.queue:
            return named
        detail = f"{name(case.case_id)} is in queue {named} already; name another one, or none for the one above it"
        raise Rejected(Reason.NO_HIGHER_QUEUE, detail, resource=f"queues/{named}")
    queue_id = case.queue or shard.queue_of_source(case.source_id)
    above = higher_queue(shard, queue_id)
    if above:
        return above
    detail = f"queue {queue_id} escalates to no other; name one, or set its escalates_to"
    raise Rejected(Reason.NO_HIGHER_QUEUE, detail, resource=f"queues/{queue_id}")


def _taken_out(decision: Decision, c: commands.EscalatePost) -> tuple[Post, Sight]:
    """(the post, it as the desk knows it). Raises Rejected."""
    post = find_post(decision, c.post_id)
    resource = f"posts/{c.post_id}"
    if post is None or (c.desk and post.sight(c.desk) is None):
        known = f"no desk {c.desk} knows a post {c.post_id}" if c.desk else f"there is no post {c.post_id}"
        raise Rejected(Reason.POST_UNKNOWN, known, resource=resource)
    if not post.by_customer:
        detail = f"post {c.post_id} is no customer's; take out the post of theirs that it answers"
        raise Rejected(Reason.NOT_THE_CUSTOMERS, detail, resource=resource)
    if post.is_withdrawn:
        detail = f"post {c.post_id} was taken back by its author; nothing is left to answer"
        raise Rejected(Reason.POST_WITHDRAWN, detail, resource=resource)
    sight = post.sight(c.desk) if c.desk else post.sights[0]
    if sight is None or (not c.desk and len(post.sights) > 1):
        desks = " and ".join(sorted(one.desk for one in post.sights))
        detail = f"post {c.post_id} is known to desks {desks}; say which is to answer"
        raise Rejected(Reason.DESK_UNCLEAR, detail, resource=resource)
    return post, sight


def _case_of(decision: Decision, together: Together, post: Post, sight: Sight) -> Case | None:
    """The case that its author has since the post speaks to the desk: the one it opened, or the one there was."""
    case_ids = together.case_ids(sight.desk, post.identity_id)
    found = (decision.case(case_id) for case_id in (*case_ids, sight.opens_case_id))
    return next((case for case in found if case is not None and not isinstance(case.stage, Joined)), None)
