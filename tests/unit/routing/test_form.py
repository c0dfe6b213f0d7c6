"""The form of requests: what nobody could work with is refused before it is decided, whoever would meet it later."""

from typing import Any

import pytest
from chassis.errors import InvalidRequest
from routing import commands
from routing.requests import command_of, written
from routing.terms import Selection
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import t

AN_ID = "01890a5d-ac96-774b-bcce-b302099a8001"
OTHERWISE = ["not-a-uuid", AN_ID.upper(), "..", "%00", "x" * 255]


def opening(**fields: str) -> api.OpenCaseRequest:
    """A case by hand."""
    return api.OpenCaseRequest(parent="tenants/acme", request_id=AN_ID, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [" ", "\n\t ", "\u3000\u00a0", "\u200b\u200e\ufeff", " \0 "], ids=ascii)
@pytest.mark.parametrize("kind", [api.ReplyToCaseRequest, api.NoteCaseRequest])
def test_a_text_of_which_nothing_can_be_seen_is_none(kind: Any, text: str) -> None:
    name, agent = f"tenants/acme/cases/{AN_ID}", "tenants/acme/agents/mia"
    with pytest.raises(InvalidRequest) as refused:
        written(kind(name=name, agent=agent, text=text, request_id=AN_ID))
    assert [field for field, _ in refused.value.violations] == ["text"]
    assert written(kind(name=name, agent=agent, text=f"{text}ok{text}", request_id=AN_ID))


def answering(post: str) -> api.ReplyToCaseRequest:
    """A reply to a post."""
    name, agent = f"tenants/acme/cases/{AN_ID}", "tenants/acme/agents/mia"
    return api.ReplyToCaseRequest(
        name=name, agent=agent, text="hi", in_reply_to=f"tenants/acme/posts/{post}", request_id=AN_ID
    )


@pytest.mark.parametrize("name", OTHERWISE, ids=lambda name: name[:10])
def test_an_identity_that_no_key_can_be_kept_under_opens_no_case(name: str) -> None:
    with pytest.raises(InvalidRequest, match="identity") as refused:
        command_of(opening(identity=f"tenants/acme/identities/{name}"), t(0))
    assert [field for field, _ in refused.value.violations] == ["identity"]


@pytest.mark.parametrize("name", ["..", ".", "a.b", "%00", "Shop", "x" * 255], ids=lambda name: name[:10])
def test_a_source_that_no_reply_can_leave_through_opens_no_case(name: str) -> None:
    with pytest.raises(InvalidRequest, match="source") as refused:
        command_of(opening(source=f"tenants/acme/sources/{name}"), t(0))
    assert [field for field, _ in refused.value.violations] == ["source"]


@pytest.mark.parametrize("name", OTHERWISE, ids=lambda name: name[:10])
def test_a_reply_answers_only_what_can_be_a_post(name: str) -> None:
    with pytest.raises(InvalidRequest, match="in_reply_to") as refused:
        written(answering(name))
    assert [field for field, _ in refused.value.violations] == ["in_reply_to"]


def test_what_has_the_form_is_taken() -> None:
    names = {"identity": f"tenants/acme/identities/{AN_ID}", "source": "tenants/acme/sources/shop-1"}
    command: Any = command_of(opening(**names), t(0))
    assert (command.identity_id, command.source_id) == (AN_ID, "shop-1")
    assert written(answering(AN_ID))[2] == AN_ID


def test_a_policy_is_refused_with_all_that_is_wrong_with_it_at_once() -> None:
    wrong = api.RoutingPolicy(
        name="tenants/acme/policies/1",
        ordering=9,  # type: ignore[arg-type]
        late_share=1,
        urgency_head_start_s=-1,
        preferred_s=86_401,
        skill_weights=[events_pb2.SkillWeight(skill="lang:zh", weight=11)],
    )
    with pytest.raises(InvalidRequest) as refusal:
        command_of(api.UpdateRoutingPolicyRequest(routing_policy=wrong, request_id=AN_ID), t(0))
    fields = [field.removeprefix("routing_policy.") for field, _ in refusal.value.violations]
    numbers = ["late_share", "urgency_head_start_s", "preferred_s"]
    assert sorted(fields) == sorted(["name", "ordering", "skill_weights", *numbers])


def test_what_a_mask_names_and_nothing_gives_is_as_without_a_policy() -> None:
    policy = api.RoutingPolicy(name="tenants/acme/routingPolicy")
    asked = api.UpdateRoutingPolicyRequest(routing_policy=policy, request_id=AN_ID)
    asked.update_mask.paths.extend(["late_share", "preferred_s", "selection"])
    expected = commands.ChangePolicy(t(0), selection=Selection.BEST_FIT, late_share=5, preferred_s=0)
    assert command_of(asked, t(0)) == expected
