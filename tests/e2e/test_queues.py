"""Queues as ingest, routing and agents share them: nobody names one there is not, nobody waits in one that is gone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2 as details
from grpc_status import rpc_status
from running_stack import RunningStack
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1 import service_pb2 as posts
from switchboard.ingest.v1 import service_pb2_grpc as ingest_grpc
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc
from switchboard.routing.v1 import service_pb2 as work
from switchboard.routing.v1 import service_pb2_grpc as routing_grpc
from waiting import until

PLACE = "tenants/queues"
PATIENCE_S = 30.0


class Both:
    """Ingest and routing, with what tests say to them in short."""

    def __init__(self, ingest: grpc.Channel, routing: grpc.Channel) -> None:
        self.ingest: Any = ingest_grpc.IngestServiceStub(ingest)
        self.routing: Any = routing_grpc.RoutingServiceStub(routing)
        self.position = ""
        self.integrity: Any = integrity_pb2_grpc.IntegrityServiceStub(routing)

    def queue(self, queue_id: str) -> str:
        request = work.CreateQueueRequest(parent=PLACE, queue_id=queue_id, request_id=str(uuid.uuid4()))
        return str(self.routing.CreateQueue(request, timeout=PATIENCE_S).queue.name)

    def source(self, source_id: str, queue: str) -> Any:
        given = posts.Source(channel="care", default_queue=queue)
        request = posts.CreateSourceRequest(parent=PLACE, source_id=source_id, source=given)
        made = self.ingest.CreateSource(request, timeout=PATIENCE_S)
        self.position = made.position
        return made.source

    def queue_of(self, source: str) -> str:
        """Where a source's cases go, as ingest tells it."""
        request = posts.GetSourceRequest(name=source, min_position=self.position)
        return str(self.ingest.GetSource(request, timeout=PATIENCE_S).source.default_queue)

    def agent(self, agent_id: str, *queues: str, capacity: int = 0) -> Any:
        given = work.Agent(queues=queues, capacity=capacity)
        request = work.CreateAgentRequest(parent=PLACE, agent_id=agent_id, agent=given, request_id=str(uuid.uuid4()))
        return self.routing.CreateAgent(request, timeout=PATIENCE_S).agent

    def available(self, agent: str) -> Any:
        request = work.SetPresenceRequest(name=agent, presence="PRESENCE_AVAILABLE", request_id=str(uuid.uuid4()))
        return self.routing.SetPresence(request, timeout=PATIENCE_S).agent

    def post(self, source: str, author: str) -> Any:
        """A customer writes; returns the case."""
        normal = post_pb2.NormalizedPost(external_id=f"{author}-1", text="hello", author_kind="AUTHOR_KIND_CUSTOMER")
        normal.author.external_id = author
        normal.published_at.GetCurrentTime()
        delivery = posts.Delivery(normalized_post=normal)
        taken = self.ingest.IngestPost(posts.IngestPostRequest(source=source, delivery=delivery), timeout=PATIENCE_S)
        wait = integrity_pb2.WaitUntilRequest(position=taken.position, tenant=PLACE.split("/")[1])
        self.integrity.WaitUntil(wait, timeout=PATIENCE_S)
        listed = self.routing.ListCases(work.ListCasesRequest(parent=PLACE), timeout=PATIENCE_S)
        return next(case for case in listed.cases if case.source == source)

    def delete(self, queue: str, **fields: Any) -> Any:
        request = work.DeleteQueueRequest(name=queue, request_id=str(uuid.uuid4()), **fields)
        return self.routing.DeleteQueue(request, timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def both(stack: RunningStack) -> Iterator[Both]:
    with stack.channel("ingest") as ingest, stack.channel("routing") as routing:
        yield Both(ingest, routing)


def refused(call: Callable[[], object]) -> tuple[grpc.StatusCode, details.ResourceInfo, list[str]]:
    """(code, resource, subjects of failed preconditions) of a call that is refused."""
    with pytest.raises(grpc.RpcError) as error:
        call()
    resource, failure = details.ResourceInfo(), details.PreconditionFailure()
    for detail in rpc_status.from_call(error.value).details:
        detail.Unpack(resource)
        detail.Unpack(failure)
    return error.value.code(), resource, [violation.subject for violation in failure.violations]


def test_a_queue_that_is_not_there_is_refused_by_its_name_everywhere(both: Both) -> None:
    gone = f"{PLACE}/queues/nowhere"
    for call in (lambda: both.source("astray", gone), lambda: both.agent("astray", gone)):
        code, resource, _ = refused(call)
        assert (code, resource.resource_type, resource.resource_name) == (grpc.StatusCode.NOT_FOUND, "queue", gone)


def test_a_queue_has_one_spelling(both: Both) -> None:
    both.queue("spelled")
    for call in (lambda: both.source("spelled", "spelled"), lambda: both.agent("spelled", "spelled")):
        assert refused(call)[0] is grpc.StatusCode.INVALID_ARGUMENT


def test_a_queue_may_be_named_as_soon_as_it_was_created(both: Both) -> None:
    for number in range(5):
        name = both.queue(f"fresh-{number}")
        assert both.source(f"fresh-{number}", name).default_queue == name
        assert list(both.agent(f"fresh-{number}", name).queues) == [name]


def test_an_agent_nobody_said_a_capacity_of_is_served(both: Both) -> None:
    queue = both.queue("served")
    agent = both.agent("served", queue)
    assert agent.capacity == 1
    case = both.post(both.source("served", queue).name, "served")
    assert list(both.available(agent.name).cases) == [case.name]


def test_a_deleted_queue_leaves_nobody_waiting_where_nobody_looks(both: Both) -> None:
    old, new = both.queue("old"), both.queue("new")
    source, agent = both.source("moved", old).name, both.agent("moved", old).name
    case = both.post(source, "moved").name
    code, _, subjects = refused(lambda: both.delete(old))
    assert (code, subjects) == (grpc.StatusCode.FAILED_PRECONDITION, [source, agent, case])

    both.delete(old, force=True, successor=new)
    assert refused(lambda: both.source("late", old))[0] is grpc.StatusCode.NOT_FOUND
    assert refused(lambda: both.routing.GetQueue(work.GetQueueRequest(name=old)))[0] is grpc.StatusCode.NOT_FOUND
    until(lambda: both.queue_of(source) == new, PATIENCE_S)
    until(lambda: both.routing.GetCase(work.GetCaseRequest(name=case)).case.queue == new, PATIENCE_S)
    until(lambda: list(both.routing.GetAgent(work.GetAgentRequest(name=agent)).agent.queues) == [new], PATIENCE_S)
    assert list(both.available(agent).cases) == [case]


def test_a_deleted_agents_work_goes_to_somebody_else(both: Both) -> None:
    queue = both.queue("handed")
    one, other = both.agent("gone", queue).name, both.agent("next", queue).name
    case = both.post(both.source("handed", queue).name, "handed").name
    assert list(both.available(one).cases) == [case]
    both.routing.DeleteAgent(work.DeleteAgentRequest(name=one, request_id=str(uuid.uuid4())), timeout=PATIENCE_S)
    assert refused(lambda: both.routing.GetAgent(work.GetAgentRequest(name=one)))[0] is grpc.StatusCode.NOT_FOUND
    assert list(both.available(other).cases) == [case]


def test_somebody_joins_two_customers_cases_and_takes_it_back(both: Both, stack: RunningStack) -> None:
    queue = both.queue("joins")
    agent, source = both.agent("joins", queue, capacity=5).name, both.source("joins", queue).name
    one, two = both.post(source, "ann").name, both.post(source, "ben").name
    request = work.JoinCasesRequest(name=two, into=one, request_id=str(uuid.uuid4()))
    answer = both.routing.JoinCases(request, timeout=PATIENCE_S)
    assert (list(answer.case.joined_cases), both.routing.JoinCases(request)) == ([two], answer)

    read = work.GetCaseRequest(name=two, min_position=answer.position)
    joined = both.routing.GetCase(read, timeout=PATIENCE_S).case
    assert (joined.state, joined.joined_into, joined.post_count) == (work.CASE_STATE_JOINED, one, 1)
    assert len(both.routing.ListCasePosts(work.ListCasePostsRequest(parent=one)).case_posts) == 2
    assert len(both.routing.ListCasePosts(work.ListCasePostsRequest(parent=two)).case_posts) == 1
    history = both.routing.ListCaseEvents(work.ListCaseEventsRequest(parent=one)).case_events
    assert [fact.case for fact in history if fact.type.endswith("CaseBegun")] == [one, two]
    assert two.rpartition("/")[2] in stack.run("explain", "case", one, "--tenant", "queues")
    assert "it goes on in case" in stack.run("cases", two, "--tenant", "queues")

    assert list(both.available(agent).cases) == [one]
    until(lambda: both.routing.GetCase(work.GetCaseRequest(name=one)).case.offer.token > 0, PATIENCE_S)
    token = both.routing.GetCase(work.GetCaseRequest(name=one)).case.offer.token
    both.routing.AcceptOffer(work.AcceptOfferRequest(name=one, agent=agent, token=token, request_id=str(uuid.uuid4())))
    told = work.ReplyToCaseRequest(name=two, agent=agent, text="on its way", request_id=str(uuid.uuid4()))
    assert both.routing.ReplyToCase(told, timeout=PATIENCE_S).case.name == two
    until(lambda: both.routing.GetCase(work.GetCaseRequest(name=two)).case.HasField("answered_at"), PATIENCE_S)
    assert not both.routing.GetCase(work.GetCaseRequest(name=one)).case.HasField("answered_at")

    circle = work.JoinCasesRequest(name=one, into=two, request_id=str(uuid.uuid4()))
    assert refused(lambda: both.routing.JoinCases(circle))[0] is grpc.StatusCode.FAILED_PRECONDITION
    parted = stack.told("split", two, "--tenant", "queues")
    assert parted["state"] == "CASE_STATE_IDLE"
    again = work.SplitCaseRequest(name=two, request_id=str(uuid.uuid4()))
    assert refused(lambda: both.routing.SplitCase(again))[0] is grpc.StatusCode.FAILED_PRECONDITION
    assert "joined into it" in stack.run("join", two, one, "--tenant", "queues")


def test_a_case_is_moved_to_another_queue_and_urgency(both: Both, stack: RunningStack) -> None:
    first, second = both.queue("first"), both.queue("second")
    case = both.post(both.source("carried", first).name, "carried").name
    request = work.TransferCaseRequest(name=case, queue=second, urgency=3, request_id=str(uuid.uuid4()))
    moved = both.routing.TransferCase(request, timeout=PATIENCE_S).case
    assert (moved.queue, moved.urgency, moved.state) == (second, 3, work.CASE_STATE_QUEUED)
    told = stack.told("move", case, "--queue", "first", "--urgency", "1", "--tenant", "queues")
    assert (told["queue"], told["urgency"]) == (first, 1)
    assert "second" in stack.run("move", case, "--queue", "second", "--tenant", "queues")


def test_a_case_goes_a_level_up_and_a_post_out_of_its_community(both: Both, stack: RunningStack) -> None:
    first, second = both.queue("ground"), both.queue("upper")
    up = work.UpdateQueueRequest(queue=work.Queue(name=first, escalates_to=second), request_id=str(uuid.uuid4()))
    assert both.routing.UpdateQueue(up, timeout=PATIENCE_S).queue.escalates_to == second
    case = both.post(both.source("hard", first).name, "hard")
    told = stack.told("escalate", case.name, "--reason", "needs_engineer", "--tenant", "queues")
    assert (told["queue"], told["state"], told["waiting_since"]) == (
        second, "CASE_STATE_QUEUED", case.waiting_since.ToJsonString(),
    )  # fmt: skip
    assert told["escalation"]["from_queue"] == first
    shown = stack.run("cases", case.name, "--tenant", "queues")
    assert "escalated from queue ground, because needs_engineer (level 1)" in " ".join(shown.split())
    again = work.EscalateCaseRequest(name=case.name, reason="more", request_id=str(uuid.uuid4()))
    assert refused(lambda: both.routing.EscalateCase(again))[0] is grpc.StatusCode.FAILED_PRECONDITION
    out = ("escalate", "--post", case.latest_post, "--tenant", "queues")
    assert stack.told(*out)["name"] == case.name, "its author has a case, and keeps it"


def test_the_routing_policy_is_changed_and_shown(stack: RunningStack) -> None:
    given = ("--ordering", "priority", "--selection", "round_robin", "--weight", "lang:zh=3", "--preferred-s", "0")
    told = stack.told("policy", *given, "--tenant", "queues")
    assert (told["version"], told["ordering"], told["selection"]) == (1, "ORDERING_PRIORITY", "SELECTION_ROUND_ROBIN")
    assert told["skill_weights"] == [{"skill": "lang:zh", "weight": 3}]
    assert "preferred_s" not in told
    assert stack.told("policy", "--tenant", "queues") == told
    assert "lang:zh=3" in stack.run("policy", "--tenant", "queues")
    assert stack.told("policy", "--preferred-s", "60", "--tenant", "queues")["version"] == 2


def test_an_agent_is_shown_and_told_what_to_work_now(both: Both, stack: RunningStack) -> None:
    both.agent("ann")
    given = ("--capacity", "4", "--limit", "chat=2", "--skill", "lang:de=4", "--presence", "available", "--for", "chat")
    told = stack.told("agent", "ann", *given, "--tenant", "queues")
    assert (told["capacity"], told["channel_capacity"]) == (4, [{"channel": "chat", "units": 2}])
    assert (told["presence"], told["channels"]) == ("PRESENCE_AVAILABLE", ["chat"])
    shown = stack.run("agent", "ann", "--tenant", "queues")
    assert "available for chat" in shown
    assert "0 of 2" in shown
    assert stack.told("agent", "ann", "--no-limits", "--tenant", "queues").get("channel_capacity") is None
    units = stack.told("policy", "--units", ":direct_message=2", "--units", "voice=5", "--tenant", "queues")
    assert [one["units"] for one in units["channel_units"]] == [2, 5]
    stack.run("policy", "--pending-percent", "25", "--resume-percent", "150", "--tenant", "queues")
    shown = stack.run("policy", "--tenant", "queues")
    assert ":direct_message=2 voice=5" in shown
    assert "25 % of its units" in shown
    stack.run("agent", "ann", "--limit", "chat", "--tenant", "queues", code=2)
    hours = (
        "--shift",
        "mon-sun=00:00-24:00",
        "--time-zone",
        "Asia/Kathmandu",
        "--off",
        "2030-01-01T00:00Z/2030-01-02T00:00Z",
    )
    told = stack.told("agent", "ann", *hours, "--tenant", "queues")
    assert (told["shift_phase"], len(told["shifts"]["weekly"])) == ("SHIFT_PHASE_ON", 7)
    assert "mon=00:00-24:00" in stack.run("agent", "ann", "--tenant", "queues")
    assert stack.told("agent", "ann", "--no-shifts", "--tenant", "queues").get("shifts") is None
    assert stack.told("agent", "ann", "--presence", "offline", "--tenant", "queues").get("channels") is None


RULES = """
[[rules]]
rule_id = "posts"
condition = "kind = POST AND labels.tier = gold"
queue = "ruled"
urgency = 2
requirements = [{ skill = "topic:vip", min_level = 3, hard = true }]
"""


def test_rules_are_set_from_a_file_and_shape_what_comes(both: Both, stack: RunningStack, tmp_path: Path) -> None:
    queue, file = both.queue("ruled"), tmp_path / "rules.toml"
    file.write_text(RULES)
    told = stack.told("policy", "--rules", str(file), "--tenant", "queues")
    assert [(rule["rule_id"], rule["queue"]) for rule in told["rules"]] == [("posts", queue)]
    assert "topic:vip at least 3" in " ".join(stack.run("policy", "--tenant", "queues").split())

    given = posts.Source(channel="care", labels={"tier": "gold"})
    request = posts.CreateSourceRequest(parent=PLACE, source_id="golden", source=given)
    source = both.ingest.CreateSource(request, timeout=PATIENCE_S).source.name
    case = both.post(source, "goldie")
    assert (case.queue, case.urgency, list(case.rule_ids), case.rules_version) == (queue, 2, ["posts"], told["version"])
    assert [(one.skill, one.min_level, one.hard) for one in case.requirements] == [("topic:vip", 3, True)]
    assert refused(lambda: both.delete(queue))[0] is grpc.StatusCode.FAILED_PRECONDITION

    file.write_text("")
    assert "rules" not in stack.told("policy", "--rules", str(file), "--tenant", "queues")


STEPS = """
[[relaxations]]
after_s = 1
queue = "picky"
skill = "topic:rare"
min_level = 1

[[relaxations]]
after_s = 86400
queue = "picky"
queues = ["helping"]
lend_waiting_max = 0
"""


def test_steps_are_set_from_a_file_and_a_case_that_waits_asks_for_less(
    both: Both, stack: RunningStack, tmp_path: Path
) -> None:
    picky, helping, file = both.queue("picky"), both.queue("helping"), tmp_path / "steps.toml"
    file.write_text(STEPS)
    told = stack.told("policy", "--relaxations", str(file), "--tenant", "queues")
    assert [step.get("queues", []) for step in told["relaxations"]] == [[], [helping]]
    assert "agents of helping too" in " ".join(stack.run("policy", "--tenant", "queues").split())

    asks = [{"skill": "topic:rare", "min_level": 4, "hard": True}]
    request = work.OpenCaseRequest(parent=PLACE, queue=picky, requirements=asks, request_id=str(uuid.uuid4()))
    opened = both.routing.OpenCase(request, timeout=PATIENCE_S)
    case = opened.case.name

    def shown() -> Any:
        read = work.GetCaseRequest(name=case, min_position=opened.position)
        return both.routing.GetCase(read, timeout=PATIENCE_S).case

    until(lambda: [one.min_level for one in shown().requirements] == [1], PATIENCE_S)
    assert [one.min_level for one in shown().asked_requirements] == [4]

    def history() -> list[str]:
        listed = both.routing.ListCaseEvents(work.ListCaseEventsRequest(parent=case), timeout=PATIENCE_S)
        return [fact.type.rpartition(".")[2] for fact in listed.case_events]

    until(lambda: history() == ["CaseOpened", "CaseQueued", "RequirementRelaxed"], PATIENCE_S)
    assert "would be offered to agents of queue helping" in stack.run("explain", "case", case, "--tenant", "queues")
    assert refused(lambda: both.delete(helping))[0] is grpc.StatusCode.FAILED_PRECONDITION


def test_a_case_is_opened_for_a_source_that_was_connected_a_moment_ago_and_for_none_that_is_gone(both: Both) -> None:
    source = both.source("just-now", "").name

    def opening(**fields: str) -> Any:
        request = work.OpenCaseRequest(parent=PLACE, request_id=str(uuid.uuid4()), **fields)
        return both.routing.OpenCase(request, timeout=PATIENCE_S).case

    assert opening(source=source).channel == "care"
    both.ingest.DeleteSource(posts.DeleteSourceRequest(name=source), timeout=PATIENCE_S)
    for unknown in (source, f"{PLACE}/sources/nope-such"):
        code, resource, _ = refused(lambda name=unknown: opening(source=name, channel="hmm"))  # type: ignore[misc]
        assert (code, resource.resource_type, resource.resource_name) == (grpc.StatusCode.NOT_FOUND, "source", unknown)
