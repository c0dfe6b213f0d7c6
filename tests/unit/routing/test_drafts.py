"""Texts that are not sent yet: when one may be kept, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
import recording
from chassis.commits import Subject
from chassis.errors import InvalidRequest, Rejected
from routing import commands, events
from routing.commands import Reason
from routing.decider import decide
from routing.desk_handler import discarded, saved
from routing.shard import Shard
from routing.terms import AuthorKind
from routing.views.cases import CODEC
from routing.views.drafts import Drafts, DraftsView
from switchboard.log.v1.log_structs import Sealed
from switchboard.routing.v1 import desk_pb2 as api

from tests.unit.routing.build import TEXT, accept, post, presence, register, resolve, run, summary, t, whole

MIA: list[commands.Command] = [register("mia"), presence("mia")]
MINE: list[commands.Command] = [*MIA, register("ben"), post("p1"), accept("case-p1", "mia")]
SUBJECT = Subject("work", "acme", "0")
AN_ID = "01890a5d-ac96-774b-bcce-b302099a8001"
CASE = f"tenants/acme/cases/{AN_ID}"


def save(agent_id: str, case_id: str = "case-p1", text: Sealed | None = TEXT, at: float = 1) -> commands.SaveDraft:
    """An agent writes something."""
    return commands.SaveDraft(case_id, agent_id, text, 3, t(at))


DECIDED = [
    pytest.param(MINE, save("mia"), ["DraftSaved case-p1"], id="what an agent writes is kept"),
    pytest.param([*MINE, save("mia")], save("mia"), ["DraftSaved case-p1"], id="and again what it writes next"),
    pytest.param(MINE, save("ben"), ["DraftSaved case-p1"], id="who does not have the case may write as well"),
    pytest.param([*MIA, post("p1")], save("mia"), ["DraftSaved case-p1"], id="before it is accepted too"),
    pytest.param(MINE, save("eve"), Reason.AGENT_UNKNOWN, id="whoever writes is an agent"),
    pytest.param(MINE, save("mia", "case-p2"), Reason.CASE_UNKNOWN, id="about a case there is"),
    pytest.param(MINE, save("mia", text=None), Reason.CUSTOMER_ERASED, id="to nobody who was erased"),
    pytest.param([*MINE, resolve("case-p1", "mia")], save("mia"), Reason.CASE_CLOSED, id="about nothing settled"),
    pytest.param(
        [*MINE, post("p2"), commands.JoinCases("case-p1", "case-p2", "", t(0))],
        save("mia", "case-p2"),
        ["DraftSaved case-p2"],
        id="to the customer of a case that somebody joined",
    ),
    pytest.param(
        [*MINE, save("mia")],
        commands.DiscardDraft("case-p1", "mia", t(2)),
        ["DraftDiscarded case-p1"],
        id="what an agent throws away is gone",
    ),
    pytest.param(MINE, commands.DiscardDraft("case-p1", "eve", t(2)), Reason.AGENT_UNKNOWN, id="only agents do"),
]


@pytest.mark.parametrize(("given", "when", "then"), DECIDED)
def test_decide(given: list[commands.Command], when: commands.Command, then: list[str] | Reason) -> None:
    shard = Shard()
    run(shard, *given)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refusal:
            decide(when, shard)
        assert refusal.value.reason == then
    else:
        assert summary(run(shard, when)) == then


def test_a_draft_is_no_act_on_its_case_and_takes_no_memory() -> None:
    shard = Shard()
    run(shard, *MINE)
    before = whole(shard)
    run(shard, save("mia"), save("ben"), commands.DiscardDraft("case-p1", "mia", t(2)))
    assert whole(shard) == before


SAVED, OTHERS = events.DraftSaved("c", "mia", TEXT, 3, t(1)), events.DraftSaved("c", "ben", TEXT, 3, t(2))
AGAIN = events.DraftSaved("c", "mia", Sealed("s", b"n", b"later"), 5, t(3))


def asked(agent_id: str, reply_id: str = "r") -> events.ReplyRequested:
    """A reply is on its way."""
    human = AuthorKind.BRAND_HUMAN
    return events.ReplyRequested("c", reply_id, agent_id, "", human, 3, TEXT, "shop", t(4))


SENT = events.ReplySent("c", "r", "mia", AuthorKind.BRAND_HUMAN, "", t(5))
FAILED = events.ReplyFailed("c", "r", "mia", "refused", t(5))


def shown(rows: dict[str, Drafts], case_id: str = "c") -> dict[str, int]:
    """Drafts of a case that can be seen: agent to when it was saved, in seconds."""
    drafts = rows.get(f"acme/{case_id}", {})
    return {agent: (draft.saved_at - t(0)) // 1_000_000 for agent, draft in drafts.items() if not draft.reply_id}


FOLDED = [
    pytest.param([SAVED, AGAIN], {"mia": 3}, id="the latest of an agent stands for those before it"),
    pytest.param([SAVED, OTHERS], {"mia": 1, "ben": 2}, id="each agent has its own"),
    pytest.param([SAVED, OTHERS, events.DraftDiscarded("c", "mia", t(4))], {"ben": 2}, id="thrown away"),
    pytest.param([SAVED, asked("mia")], {}, id="what is on its way is no draft"),
    pytest.param([SAVED, asked("mia"), SENT], {}, id="what was sent neither"),
    pytest.param([SAVED, asked("mia"), FAILED], {"mia": 1}, id="what the channel refuses is a draft again"),
    pytest.param([SAVED, asked("mia"), AGAIN, SENT], {"mia": 3}, id="what was begun meanwhile stays"),
    pytest.param([SAVED, OTHERS, asked("ben"), SENT], {"mia": 1}, id="another's reply ends nobody's draft"),
    pytest.param([OTHERS, asked("mia"), SENT], {"ben": 2}, id="a reply without a draft ends none"),
    pytest.param([SAVED, OTHERS, events.CaseReleased("c", "mia", "", t(5))], {"mia": 1, "ben": 2}, id="given back"),
    pytest.param([SAVED, OTHERS, events.CaseResolved("c", "mia", "solved", (), t(5))], {}, id="settled"),
    pytest.param([SAVED, events.CaseWithdrawn("c", "customer", t(5))], {}, id="taken back by the customer"),
    pytest.param([SAVED, events.CasesJoined("d", "c", "p", t(5), None, "mia")], {"mia": 1}, id="joined by somebody"),
    pytest.param([SAVED, events.CasesJoined("d", "c", "p", t(5))], {}, id="gone on in another"),
]


def folded(*facts: events.Event) -> dict[str, Drafts]:
    """The rows after these facts."""
    view, rows = DraftsView(), dict[str, Drafts]()
    for position, fact in enumerate(facts, 1):
        recorded = recording.recorded(SUBJECT, CODEC.encode(fact), position)
        if recorded.type in view.handles:
            assert {key for key in rows if rows[key]} <= {f"acme/{one}" for one in "cd"}
            view.fold(rows, recorded)
    return rows


@pytest.mark.parametrize(("facts", "then"), FOLDED)
def test_fold(facts: list[events.Event], then: dict[str, int]) -> None:
    assert shown(folded(*facts)) == then


def test_drafts_go_on_with_their_case_where_it_goes_and_take_no_place_of_one_there() -> None:
    theirs = events.DraftSaved("d", "mia", TEXT, 3, t(2))
    rows = folded(SAVED, OTHERS, theirs, events.CasesJoined("d", "c", "p", t(5)))
    assert shown(rows, "d") == {"mia": 2, "ben": 2}
    assert rows["acme/d"]["mia"].saved_at == t(2)
    assert shown(rows) == {}


def drafting(**fields: Any) -> api.SaveDraftRequest:
    """A draft, right but for what is given."""
    given = {"name": CASE, "agent": "tenants/acme/agents/mia", "text": "hi", "request_id": AN_ID}
    return api.SaveDraftRequest(**{**given, **fields})


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"text": ""}, ["text"]),
        ({"text": " \u200b"}, ["text"]),
        ({"text": "x" * 10_001}, ["text"]),
        ({"text": "", "name": "x", "request_id": "y"}, ["request_id", "name", "text"]),
        ({"agent": "tenants/globex/agents/mia"}, ["agent"]),
    ],
)
def test_a_draft_is_refused_with_all_that_is_wrong_with_it(fields: dict[str, str], wrong: list[str]) -> None:
    assert saved(drafting()) == (AN_ID, "mia")
    with pytest.raises(InvalidRequest) as refused:
        saved(drafting(**fields))
    assert [field for field, _ in refused.value.violations] == wrong


@pytest.mark.parametrize("name", ["", CASE, f"{CASE}/drafts/", f"{CASE}/drafts/a/b", f"{CASE}/notes/mia", "%00"])
def test_what_is_no_draft_is_not_thrown_away(name: str) -> None:
    right = api.DeleteDraftRequest(name=f"{CASE}/drafts/mia", request_id=AN_ID)
    assert discarded(right, t(0)) == commands.DiscardDraft(AN_ID, "mia", t(0))
    with pytest.raises(InvalidRequest) as refused:
        discarded(api.DeleteDraftRequest(name=name, request_id=AN_ID), t(0))
    assert [field for field, _ in refused.value.violations] == ["name"]
