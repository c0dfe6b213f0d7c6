"""Canned texts: created, changed, deleted, and in whose form."""

from __future__ import annotations

from typing import Any

import pytest
from chassis.errors import InvalidRequest, Rejected
from google.protobuf.field_mask_pb2 import FieldMask
from routing import commands
from routing.canned import TEXTS_MAX
from routing.canned_requests import command_of, rendering, wanted
from routing.commands import Reason
from routing.decider import decide
from routing.shard import Shard
from routing.state_codec import load
from switchboard.routing.v1 import desk_pb2 as api

from tests.unit.routing.build import post, presence, queue, register, run, summary, t, whole

AN_ID = "01890a5d-ac96-774b-bcce-b302099a8001"
PLACE = "tenants/acme"


def create(text_id: str, text: str = "Hi", queues: tuple[str, ...] = (), at: float = 0) -> commands.CreateCannedText:
    """A text of the house."""
    return commands.CreateCannedText(text_id, "Hello", "en", queues, text, t(at))


def change(text_id: str, **settings: Any) -> commands.ChangeCannedText:
    """Some of its settings."""
    return commands.ChangeCannedText(
        **{"text_id": text_id, "display_name": None, "language": None, "queues": None, "text": None, "at": t(1)}
        | settings
    )


DECIDED = [
    pytest.param([], create("hello"), ["CannedTextChanged hello"], id="a text is created"),
    pytest.param([create("hello")], create("hello"), Reason.CANNED_TEXT_EXISTS, id="once"),
    pytest.param([queue("vip")], create("hello", queues=("vip",)), ["CannedTextChanged hello"], id="for a queue"),
    pytest.param([], create("hello", queues=("vip",)), Reason.QUEUE_UNKNOWN, id="that is there"),
    pytest.param([create("hello")], change("hello", text="Ho"), ["CannedTextChanged hello"], id="it is changed"),
    pytest.param([create("hello")], change("hello", text="Hi", language="en"), [], id="what it is changes nothing"),
    pytest.param([], change("hello"), Reason.CANNED_TEXT_UNKNOWN, id="only what is there is changed"),
    pytest.param([create("hello")], change("hello", queues=("vip",)), Reason.QUEUE_UNKNOWN, id="to a queue there is"),
    pytest.param(
        [create("hello")], commands.DeleteCannedText("hello", t(1)), ["CannedTextDeleted hello"], id="it is deleted"
    ),
    pytest.param([], commands.DeleteCannedText("hello", t(1)), Reason.CANNED_TEXT_UNKNOWN, id="what is there"),
    pytest.param(
        [create(f"t{n}") for n in range(TEXTS_MAX)], create("more"), Reason.TOO_MANY_CANNED_TEXTS, id="there is a limit"
    ),
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


def test_texts_are_in_the_shards_bytes_whoever_filled_it() -> None:
    one, other = Shard(), Shard()
    run(one, create("b"), create("a"), change("a", text="{case.id}"))
    run(other, create("a", "{case.id}", at=1), create("b"))
    assert whole(one) == whole(other) == whole(load(whole(one)))
    run(one, commands.DeleteCannedText("a", t(2)))
    assert list(load(whole(one)).canned) == ["b"]


def test_texts_change_no_offer() -> None:
    shard = Shard()
    facts = run(shard, post("p1"), create("a"), register("mia"), create("b"), presence("mia"))
    assert [line for line in summary(facts) if line.startswith("CaseOffered")] == ["CaseOffered case-p1 mia 1"]


def creating(**fields: Any) -> api.CreateCannedTextRequest:
    """A request, right but for these fields of its text."""
    text = api.CannedText(**{"text": "Hi {customer.handle}", **fields})
    return api.CreateCannedTextRequest(parent=PLACE, canned_text_id="hello", canned_text=text, request_id=AN_ID)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"text": ""}, {"text"}),
        ({"text": "\u200b"}, {"text"}),
        ({"text": "x" * 4_001}, {"text"}),
        ({"text": "{x} {"}, {"text"}),
        ({"text": "{agent.__class__}"}, {"text"}),
        (
            {"display_name": "x" * 101, "language": "?", "queues": ["vip"], "text": "}"},
            {"display_name", "language", "queues", "text"},
        ),
        ({"queues": ["tenants/globex/queues/vip"]}, {"queues"}),
        ({"queues": [f"{PLACE}/queues/q{n}" for n in range(101)]}, {"queues"}),
    ],
)
def test_a_text_is_refused_with_all_that_is_wrong_with_it(fields: dict[str, Any], wrong: set[str]) -> None:
    made = command_of(creating(), t(0))
    assert made == commands.CreateCannedText("hello", "", "", (), "Hi {customer.handle}", t(0))
    with pytest.raises(InvalidRequest) as refused:
        command_of(creating(**fields), t(0))
    assert {field for field, _ in refused.value.violations} == {f"canned_text.{one}" for one in wrong}


def test_a_text_with_a_thousand_mistakes_is_told_of_some() -> None:
    with pytest.raises(InvalidRequest) as refused:
        command_of(creating(text="{" * 999), t(0))
    assert len(refused.value.violations) < 20


def test_an_update_takes_what_its_mask_says_and_judges_only_that() -> None:
    text = api.CannedText(name=f"{PLACE}/cannedTexts/hello", display_name="Ho", text="{x}")
    request = api.UpdateCannedTextRequest(
        canned_text=text, update_mask=FieldMask(paths=["display_name"]), request_id=AN_ID
    )
    assert command_of(request, t(0)) == commands.ChangeCannedText("hello", "Ho", None, None, None, t(0))
    request.update_mask.paths.append("name")
    with pytest.raises(InvalidRequest, match="name cannot be changed"):
        command_of(request, t(0))


def test_what_a_customer_is_called_is_the_callers_to_say_and_has_a_length() -> None:
    request = api.RenderCannedTextRequest(
        name=f"{PLACE}/cannedTexts/hello", case=f"{PLACE}/cases/{AN_ID}", agent=f"{PLACE}/agents/mia"
    )
    assert rendering(request) == {}
    request.customer_handle = "@ana"
    assert rendering(request) == {"customer.handle": "@ana"}
    request.customer_display_name, request.agent = "x" * 201, "tenants/globex/agents/mia"
    with pytest.raises(InvalidRequest) as refused:
        rendering(request)
    assert {field for field, _ in refused.value.violations} == {"agent", "customer_display_name"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["a", "b"]),
        ("language = en", ["a", "b"]),
        ("language != en", []),
        ("queues:vip", ["b"]),
        (f'queues:"{PLACE}/queues/vip"', ["b"]),
        ("NOT queues:vip", ["a"]),
    ],
)
def test_texts_are_listed_by_filter(asked: str, found: list[str]) -> None:
    shard = Shard()
    run(shard, queue("vip"), create("a"), create("b", queues=("vip",)))
    fits = wanted(api.ListCannedTextsRequest(parent=PLACE, filter=asked))
    assert [one.text_id for one in shard.canned.values() if fits(one)] == found


def test_a_filter_of_what_texts_have_not_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        wanted(api.ListCannedTextsRequest(parent=PLACE, filter="text = x"))
