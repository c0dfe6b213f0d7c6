"""A case's language as something its queue asks of an agent."""

from typing import Any

import pytest
from chassis.errors import InvalidRequest
from msgspec.structs import replace
from routing import commands
from routing.agents import Queue
from routing.case_decider import asked_in
from routing.explain import Constraint, explain
from routing.requests import command_of
from routing.shard import Shard
from routing.terms import Requirement
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import open_case, post, presence, queue, register, run, summary, t

AN_ID = "01890a5d-ac96-774b-bcce-b302099a8001"
BILLING = Requirement("topic:billing", 2, hard=False)


def speaking(language_level: int, queue_id: str = "default", *also: Requirement) -> commands.CreateQueue:
    """A queue whose cases ask for their language at a level."""
    return replace(queue(queue_id, requirements=also), language_level=language_level)


@pytest.mark.parametrize(
    ("language", "level", "asked"),
    [
        pytest.param("de", 3, (Requirement("lang:de", 3, hard=True), BILLING), id="a language"),
        pytest.param("de-AT", 1, (Requirement("lang:de", 1, hard=True), BILLING), id="one of a country"),
        pytest.param("zh-Hant-TW", 5, (Requirement("lang:zh", 5, hard=True), BILLING), id="one in a script"),
        pytest.param("EN", 2, (Requirement("lang:en", 2, hard=True), BILLING), id="in capitals"),
        pytest.param("de", 0, (BILLING,), id="where the queue does not ask"),
        *[
            pytest.param(unknown, 3, (BILLING,), id=unknown or "empty")
            for unknown in ("und", "mul", "zxx", "", "-", "7é")
        ],
    ],
)
def test_what_a_queue_asks_for_of_a_language(language: str, level: int, asked: tuple[Requirement, ...]) -> None:
    assert asked_in(Queue("care", requirements=(BILLING,), language_level=level), language) == asked


def test_where_both_name_it_the_stricter_word_holds() -> None:
    soft = Queue("care", requirements=(Requirement("lang:de", 5, hard=False),), language_level=2)
    assert asked_in(soft, "de") == (Requirement("lang:de", 5, hard=True),)


def test_a_post_and_a_case_by_hand_go_to_who_speaks_their_language() -> None:
    shard = Shard()
    staff = [register("eva", 2, [("lang:en", 3)]), register("gus", 2, [("lang:de", 4)])]
    run(shard, speaking(3), *staff, presence("eva"), presence("gus"))
    by_hand = replace(open_case("m1"), language="de-CH")
    offered = [line for line in summary(run(shard, post("p1"), by_hand)) if line.startswith("CaseOffered")]
    assert offered == ["CaseOffered case-p1 eva 1", "CaseOffered m1 gus 1"]


def test_in_another_queue_a_case_asks_for_what_that_asks_of_its_language() -> None:
    shard = Shard()
    run(shard, speaking(4), speaking(0, "care"), speaking(2, "second", BILLING), post("p1"))
    asked = []
    for place in ("care", "second", "default"):
        run(shard, commands.TransferCase("case-p1", "", place, None, "", t(1)))
        asked.append(shard.cases["case-p1"].requirements)
    english = [Requirement("lang:en", level, hard=True) for level in (2, 4)]
    assert asked == [(), (english[0], BILLING), (english[1],)]


def test_a_language_that_nobody_speaks_is_said() -> None:
    shard = Shard()
    run(shard, speaking(3), register("eva", 1, [("lang:en", 2)]), presence("eva"), post("p1"))
    told = explain(shard, shard.cases["case-p1"], t(1))
    assert (told.binding, told.candidates[0].sentence) == (Constraint.SKILL, "lacks lang:en")
    assert [one.sentence for one in told.alternatives] == ["eva would be offered it with lang:en at 3"]


def test_what_a_queue_asks_of_a_language_is_changed_alone_and_has_a_range() -> None:
    shard = Shard()
    run(shard, speaking(3, "care", BILLING))
    settings = api.Queue(name="tenants/acme/queues/care", language_level=5)
    command: Any = command_of(api.UpdateQueueRequest(queue=settings, request_id=AN_ID), t(1))
    run(shard, command)
    assert (shard.queues["care"].language_level, shard.queues["care"].requirements) == (5, (BILLING,))
    settings.language_level = 6
    with pytest.raises(InvalidRequest, match="is 1 to 5, or 0"):
        command_of(api.UpdateQueueRequest(queue=settings, request_id=AN_ID), t(1))
