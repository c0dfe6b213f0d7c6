"""What agents noted and replied, as its table has it; and what platforms allowed."""

from __future__ import annotations

from typing import Any

import pytest
import recording
from chassis.clock import to_timestamp
from chassis.commits import Subject
from chassis.errors import InvalidRequest
from routing import events
from routing.case_context import asked_beside
from routing.terms import AuthorKind
from routing.views.cases import CODEC
from routing.views.quotas import Quota, QuotasView
from routing.views.texts import Text, TextsView
from switchboard.ingest.v1 import events_pb2
from switchboard.routing.v1 import desk_pb2 as api

from tests.unit.routing.build import TEXT, t

SUBJECT = Subject("work", "acme", "0")
HUMAN, BOT = AuthorKind.BRAND_HUMAN, AuthorKind.BRAND_BOT
NOTED = events.CaseNoted("c", "n", "mia", TEXT, t(1))
ASKED = events.ReplyRequested("c", "r", "mia", "", HUMAN, 3, TEXT, "shop", t(2))
SENT = events.ReplySent("c", "r", "mia", HUMAN, "", t(3))
FAILED = events.ReplyFailed("c", "r", "mia", "refused", t(3))

FOLDED = [
    pytest.param([NOTED], {"n": (1, True, 0)}, id="a note is there"),
    pytest.param([ASKED], {"r": (2, True, 3)}, id="a reply is on its way"),
    pytest.param([ASKED, SENT], {"r": (3, True, 3)}, id="until it is sent"),
    pytest.param([ASKED, FAILED], {}, id="what the channel refused was not said"),
    pytest.param([SENT], {}, id="what nobody asked for is not there"),
    pytest.param([NOTED, ASKED, SENT], {"n": (1, True, 0), "r": (3, True, 3)}, id="each stands for itself"),
    pytest.param(
        [events.ReplyRequested("c", "b", "bot", "", BOT, 3, TEXT, "shop", t(2))],
        {"b": (2, False, 3)},
        id="who is no human is told apart",
    ),
]


@pytest.mark.parametrize(("facts", "then"), FOLDED)
def test_fold(facts: list[events.Event], then: dict[str, tuple[int, bool, int]]) -> None:
    view, rows = TextsView(), dict[str, Text]()
    for position, fact in enumerate(facts, 1):
        recorded = recording.recorded(SUBJECT, CODEC.encode(fact), position)
        (key,) = view.keys(recorded)
        view.fold(rows, recorded)
        assert set(rows) - {key} <= {"acme/n", "acme/r"}
    assert {key.removeprefix("acme/"): (one.written, one.by_human, one.length) for key, one in rows.items()} == then


@pytest.mark.parametrize(("left", "then"), [(-1, {}), (0, {"acme/p": 0}), (7, {"acme/p": 7})])
def test_only_what_a_platform_counts_takes_a_row(left: int, then: dict[str, int]) -> None:
    view, rows = QuotasView(), dict[str, Quota]()
    fact = events_pb2.PostReceived(post_id="p", reply_quota_left=left, received_at=to_timestamp(t(5)))
    recorded = recording.recorded(Subject("post", "acme", "0"), fact, 1)
    assert list(view.keys(recorded)) == list(then)
    view.fold(rows, recorded)
    assert rows == {key: Quota(quota, t(5)) for key, quota in then.items()}


ID = "01890a5d-ac96-774b-bcce-b302099a8001"


def asking(**fields: Any) -> api.GetCaseContextRequest:
    """What is shown beside a case is asked for."""
    return api.GetCaseContextRequest(**{"name": f"tenants/acme/cases/{ID}", **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"identities": ["tenants/globex/identities/a"]},
        {"identities": ["a"]},
        {"identities": ["tenants/acme/identities/a"] * 21},
        {"identities": ["a"], "question": "x" * 10_001},
    ],
    ids=["another tenant's", "no name", "too many", "with too long a question"],
)
def test_whose_cases_are_shown_is_said_in_names_of_identities(fields: dict[str, Any]) -> None:
    assert asked_beside(asking(identities=["tenants/acme/identities/a"])) == ["a"]
    with pytest.raises(InvalidRequest) as refused:
        asked_beside(asking(**fields))
    assert {field for field, _ in refused.value.violations} == set(fields)
