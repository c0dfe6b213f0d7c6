"""Given a policy's rules, when a case waits for the first time, then what it asks and where it waits; and what is no
rule is refused with all that is wrong with it.
"""

import pytest
from chassis.errors import InvalidRequest, Rejected
from chassis.filters import ORDERED, holds, parse
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from routing import commands, events
from routing.agents import Policy
from routing.cases import Case
from routing.commands import Reason
from routing.decider import decide
from routing.requests import command_of
from routing.rules import (
    CONDITION_BYTES_MAX,
    CONDITIONS_MAX,
    FIELDS,
    REQUIREMENTS_MAX,
    RULES_MAX,
    UNSHAPED,
    Attributes,
    ready,
    shape,
)
from routing.shard import Shard, evolve
from routing.state_codec import load
from routing.terms import CaseOrigin, Direction, PostKind, Requirement, Rule, SourceLabel
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.unit.routing.build import answer, open_case, policy, post, presence, queue, register, run, t, whole

AN_ID = "11111111-1111-4111-8111-111111111111"
CHINESE, BILLING = Requirement("lang:zh", 3, hard=True), Requirement("topic:billing", 2, hard=False)
CASE = Attributes(
    "x", "shop", "acme", "care", CaseOrigin.POST, Direction.INBOUND, PostKind.MENTION, "zh-Hant-TW", "who", 5_000,
    {"brand": "Acme", "tier": "gold"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("", True, id="no condition holds always"),
        pytest.param("channel = x AND kind = MENTION", True, id="both"),
        pytest.param("kind = POST_KIND_MENTION", True, id="a kind by its whole name"),
        pytest.param("kind = REVIEW OR reach >= 5000", True, id="one of two"),
        pytest.param("reach > 5000", False, id="a number compared"),
        pytest.param("NOT desk = acme", False, id="not"),
        pytest.param("labels.tier = gold AND labels:brand", True, id="labels of the source"),
        pytest.param("labels.size = gold", False, id="a label it has not"),
        pytest.param("language = zh", False, id="a language is itself"),
        pytest.param("language:zh AND language:ZH-Hant", True, id="or a variant of another"),
        pytest.param("language:en", False, id="of another only"),
        pytest.param("source = shop AND source = tenants/acme/sources/shop", True, id="a source by id and by name"),
        pytest.param("queue = care AND origin = POST AND direction = INBOUND", True, id="what else there is"),
        pytest.param("identity = who", True, id="somebody"),
    ],
)
def test_a_condition_holds_or_does_not(condition: str, expected: bool) -> None:
    made = shape(ready((Rule("one", condition, "vip"),)), CASE)
    assert made.rule_ids == (("one",) if expected else ())


WORDS = st.sampled_from(["", "x", "acme", "shop", "care", "who", "gold", "zh", "zh-hant-tw"])
CONDITIONS = st.recursive(
    st.builds(
        "{} {} \"{}\"".format,
        st.sampled_from(["channel", "desk", "source", "queue", "labels.tier", "labels.size", "language", "identity"]),
        st.sampled_from(["=", "!="]),
        WORDS,
    )
    | st.builds("reach {} {}".format, st.sampled_from(sorted(ORDERED)), st.sampled_from([0, 5_000, 9_999]))
    | st.builds("kind {} {}".format, st.sampled_from(["=", "!="]), st.sampled_from(["MENTION", "REVIEW"])),
    lambda inner: st.builds("({}) {} ({})".format, inner, st.sampled_from(["AND", "OR"]), inner)
    | st.builds("NOT ({})".format, inner),
    max_leaves=8,
)  # fmt: skip
cases = st.builds(
    Attributes, WORDS, WORDS, WORDS, WORDS, st.sampled_from(CaseOrigin), st.sampled_from(Direction),
    st.sampled_from(PostKind), WORDS, WORDS, st.sampled_from([0, 5_000]),
    st.dictionaries(st.sampled_from(["tier", "brand"]), WORDS),
)  # fmt: skip


@settings(max_examples=150)
@given(CONDITIONS, cases)
def test_law_a_rule_that_is_ready_holds_where_its_condition_says(condition: str, case: Attributes) -> None:
    said = parse(condition, FIELDS)
    [(asked, _)] = ready((Rule("one", condition, "vip"),))

    known = {name: getattr(case, name) for name in ("channel", "desk", "source", "queue", "identity", "reach", "kind")}
    known |= {"language": case.language.lower()} | {f"labels.{key}": value for key, value in case.labels.items()}
    assert asked(case) is holds(said, known.get)


def test_rules_are_asked_in_order_until_one_stops() -> None:
    rules = (
        Rule("first", "channel = x", queue="one", urgency=1, weight=2, requirements=(BILLING,)),
        Rule("never", "channel = y", queue="two", stop=True),
        Rule("second", "desk = acme", queue="three", first_response_s=60, requirements=(CHINESE,), stop=True),
        Rule("third", "", queue="four"),
    )
    made = shape(ready(rules), CASE)
    assert made.rule_ids == ("first", "second")
    assert (made.queue, made.urgency, made.weight, made.first_response_s) == ("three", 1, 2, 60)
    assert made.requirements == (CHINESE, BILLING)


def test_the_stricter_of_two_rules_about_a_skill_holds() -> None:
    soft, hard = Requirement("lang:zh", 5, hard=False), Requirement("lang:zh", 2, hard=True)
    made = shape(ready((Rule("a", "", requirements=(soft,)), Rule("b", "", requirements=(hard,)))), CASE)
    assert made.requirements == (Requirement("lang:zh", 5, hard=True),)


def test_an_urgency_of_nothing_is_said_too() -> None:
    assert shape(ready((Rule("a", "", urgency=2), Rule("b", "", urgency=0))), CASE).urgency == 0
    assert shape((), CASE) is UNSHAPED


def test_a_condition_that_another_version_wrote_never_holds() -> None:
    assert ready((Rule("later", "sentiment < 3", "vip"), Rule("known", "", "vip")))[0][1].rule_id == "known"


GOLD = Rule("gold", "labels.tier = gold", "vip", urgency=2, weight=3, requirements=(CHINESE,))
LOUD = Rule("loud", "reach >= 1000", first_response_s=60)
MAIL = Rule("mail", "kind = DIRECT_MESSAGE", urgency=3)
HAND = Rule("hand", "origin = MANUAL", "vip", weight=2)
QUEUES = [queue("care", requirements=(BILLING,)), queue("vip", 900)]
GOLDEN = [commands.SetSourceQueue("shop", "care", t(0), (SourceLabel("tier", "gold"),))]


def ruled(*rules: Rule, given: list[commands.Command] | None = None) -> Shard:
    shard = Shard()
    run(shard, *QUEUES, *(GOLDEN if given is None else given), policy(rules=rules))
    return shard


def told(case: Case) -> tuple[object, ...]:
    assert case.wait is not None
    first_response_s = (case.wait.due_at - t(0)) // 1_000_000
    return case.queue, case.urgency, case.weight, case.requirements, first_response_s, case.rule_ids, case.rules_version


@pytest.mark.parametrize(
    ("rules", "given_", "expected"),
    [
        pytest.param((), post("p1"), ("care", 0, 1, (BILLING,), 3600, (), 0), id="no rules"),
        pytest.param((MAIL,), post("p1"), ("care", 0, 1, (BILLING,), 3600, (), 0), id="none that holds"),
        pytest.param((GOLD,), post("p1"), ("vip", 2, 3, (CHINESE,), 900, ("gold",), 1), id="all that a rule says"),
        pytest.param(
            (GOLD, MAIL),
            post("p1", kind=PostKind.DIRECT_MESSAGE),
            ("vip", 3, 3, (CHINESE,), 900, ("gold", "mail"), 1),
            id="two of them",
        ),
        pytest.param(
            (LOUD,), replace(post("p1"), reach=1000), ("care", 0, 1, (BILLING,), 60, ("loud",), 1), id="a promise"
        ),
        pytest.param((HAND, GOLD), open_case("case-p1"), ("vip", 0, 2, (), 900, ("hand",), 1), id="opened by hand"),
        pytest.param(
            (HAND,), open_case("case-p1", "care"), ("care", 0, 1, (BILLING,), 3600, (), 0), id="by hand in a queue"
        ),
    ],
)
def test_a_case_is_shaped_when_it_waits_for_the_first_time(
    rules: tuple[Rule, ...], given_: commands.Command, expected: tuple[object, ...]
) -> None:
    shard = ruled(*rules)
    run(shard, given_)
    assert told(shard.cases["case-p1"]) == expected
    assert told(load(whole(shard)).cases["case-p1"]) == expected


def test_a_case_that_was_context_is_shaped_by_the_post_that_makes_it_wait() -> None:
    shard = ruled(LOUD, MAIL)
    run(shard, post("p0", by="ann"), post("p1", "p0", by="ben", told=False))
    assert "case-p1" not in shard.cases or shard.cases["case-p1"].rule_ids == ()
    loud = replace(post("p2", "p1", by="ben", at=1, kind=PostKind.DIRECT_MESSAGE), reach=9_999)
    run(shard, loud)
    [case] = [one for one in shard.cases.values() if one.identity_id == "ben"]
    assert (case.rule_ids, case.urgency) == (("loud", "mail"), 3)


def test_a_case_whose_answer_came_first_is_not_shaped_by_rules_until_it_waits() -> None:
    shard = ruled(GOLD)
    run(shard, answer("b1", "p1", at=1), post("p1", at=2))
    assert shard.cases["case-p1"].rule_ids == ()
    run(shard, post("p2", "p1", at=9))
    assert shard.cases["case-p1"].rule_ids == ("gold",)


def test_who_comes_back_goes_where_it_was_whatever_the_rules_say_by_then() -> None:
    shard = ruled(GOLD)
    run(shard, post("p1"), answer("b1", "p1", at=1), policy(rules=(Rule("all", "", "care"),), at=2))
    run(shard, post("p2", "p1", at=9))
    case = shard.cases["case-p1"]
    assert (case.queue, case.rule_ids, case.rules_version, case.weight) == ("vip", ("gold",), 1, 3)


def test_another_policy_touches_nothing_that_waits() -> None:
    shard = ruled(GOLD)
    run(shard, post("p1"))
    before = shard.cases["case-p1"]
    run(shard, policy(rules=(Rule("all", "", "care", urgency=3),)))
    assert shard.cases["case-p1"] == before


def test_labels_are_those_the_source_has_now() -> None:
    shard = ruled(GOLD)
    run(shard, commands.SetSourceQueue("shop", "care", t(1), ()), post("p1", at=2))
    assert shard.cases["case-p1"].rule_ids == ()
    assert list(decide(commands.SetSourceQueue("shop", "care", t(3), ()), shard)) == []


def test_a_rule_means_the_queue_that_stands_for_a_deleted_one() -> None:
    shard = ruled(GOLD)
    run(shard, commands.DeleteQueue("vip", force=True, successor="care", at=t(1)), post("p1", at=2))
    assert shard.cases["case-p1"].queue == "care"


def test_a_rule_for_a_queue_there_is_not_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        decide(policy(rules=(Rule("a", "", "nowhere"), Rule("b", "", "lost"))), Shard())
    assert refused.value.reason is Reason.QUEUE_UNKNOWN
    assert "lost or nowhere" in str(refused.value)


def test_an_offer_suits_what_a_rule_asks() -> None:
    shard = ruled(GOLD)
    run(shard, register("ann", 5, [("lang:zh", 2)]), register("ben", 5, [("lang:zh", 4)]))
    for agent in ("ann", "ben"):
        run(shard, presence(agent))
    facts = run(shard, post("p1"))
    [offered] = [fact for fact in facts if isinstance(fact, events.CaseOffered)]
    assert (offered.agent_id, offered.weight, offered.policy_version) == ("ben", 3, 1)


@settings(max_examples=25)
@given(st.lists(st.sampled_from([GOLD, LOUD, MAIL, HAND]), max_size=4, unique=True), st.integers(0, 3))
def test_law_folding_again_asks_no_rule(rules: list[Rule], number: int) -> None:
    shard = ruled(*rules)
    came = [post("p1"), post("p1", kind=PostKind.DIRECT_MESSAGE), open_case("case-p1"), answer("p1", "p0")][number]
    facts = decide(came, shard)
    ignorant = load(whole(shard))
    ignorant.rules = ()
    for fact in facts:
        evolve(shard, fact)
        evolve(ignorant, fact)
    assert whole(shard) == whole(ignorant)


def asking(*rules: api.RequirementRule) -> api.UpdateRoutingPolicyRequest:
    wanted = api.RoutingPolicy(name="tenants/acme/routingPolicy", rules=rules)
    return api.UpdateRoutingPolicyRequest(routing_policy=wanted, request_id=AN_ID)


def complaints(*rules: api.RequirementRule) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as refused:
        command_of(asking(*rules), t(0))
    return [(field.removeprefix("routing_policy."), why) for field, why in refused.value.violations]


def rule(condition: str = "", rule_id: str = "one", **says: object) -> api.RequirementRule:
    return api.RequirementRule(rule_id=rule_id, condition=condition, **(says or {"urgency": 1}))  # type: ignore[arg-type]


def test_rules_are_read_from_a_request() -> None:
    asks = [events_pb2.Requirement(skill="lang:zh", min_level=3, hard=True)]
    wanted = rule("labels.tier = gold", "gold", queue="tenants/acme/queues/vip", urgency=2, weight=3, requirements=asks)
    assert command_of(asking(wanted, rule(rule_id="two", stop=True)), t(0)) == commands.ChangePolicy(
        t(0), rules=(GOLD, Rule("two", "", stop=True))
    )


def test_everything_wrong_with_rules_is_said_at_once_with_its_place() -> None:
    asks = [events_pb2.Requirement(skill="", min_level=6)]
    says = {"urgency": 4, "weight": 11, "first_response_s": -1, "requirements": asks}
    bad = rule("kind = LETTER AND color = red OR reach > many", "A", queue="tenants/other/queues/vip", **says)
    said = complaints(bad, rule("channel ="), api.RequirementRule(rule_id="idle"))
    assert [field for field, _ in said] == [
        "rules[0].rule_id",
        "rules[0].urgency",
        "rules[0].weight",
        "rules[0].first_response_s",
        "rules[0].queue",
        "rules[0].requirements",
        "rules[2]",
        "rules[0].condition",
        "rules[0].condition",
        "rules[0].condition",
        "rules[1].condition",
    ]
    about = [why for field, why in said if field.endswith(".condition")]
    assert about[0].startswith("kind at character 1 is one of POST, COMMENT, ")
    assert about[1].startswith("color at character 19 is none of channel, desk, ")
    assert about[2:] == [
        "reach at character 34 is a whole number, 0 or more",
        'expected a value such as "open" at character 10',
    ]


@pytest.mark.parametrize(
    ("rules", "where"),
    [
        pytest.param([rule(rule_id=f"r{n}") for n in range(RULES_MAX + 1)], "rules", id="too many rules"),
        pytest.param([rule(), rule()], "rules", id="two of one name"),
        pytest.param([rule("channel = " + "x" * CONDITION_BYTES_MAX)], "rules[0].condition", id="a condition too long"),
        pytest.param([rule("channel = " + "很" * (CONDITION_BYTES_MAX // 3))], "rules[0].condition", id="in bytes"),
        pytest.param([rule("(" * 500 + "channel = x" + ")" * 500)], "rules[0].condition", id="nested too deeply"),
        pytest.param([rule("NOT " * 200 + "channel = x")], "rules[0].condition", id="negated too often"),
        pytest.param(
            [rule(" OR ".join(["channel = x"] * 45), f"r{n}") for n in range(5)], "rules", id="too much to ask"
        ),
        pytest.param(
            [
                rule(
                    rule_id=f"r{n}",
                    requirements=[events_pb2.Requirement(skill=f"s{m}", min_level=1) for m in range(20)],
                )
                for n in range(6)
            ],
            "rules",
            id="too much asked of an agent",
        ),
    ],
)
def test_rules_have_limits(rules: list[api.RequirementRule], where: str) -> None:
    [(field, _)] = complaints(*rules)
    assert field == where


@settings(max_examples=60)
@given(st.text(max_size=60) | st.text("()=\"' ANDORNOT-:.<>azAZ09", max_size=80))
def test_whatever_is_written_is_a_rule_or_refused_by_name(condition: str) -> None:
    said: set[str] = set()
    try:
        command = command_of(asking(rule(condition)), t(0))
    except InvalidRequest as invalid:
        said = {field for field, _ in invalid.violations}
    else:
        assert isinstance(command, commands.ChangePolicy)
        assert command.rules is not None
        assert shape(ready(command.rules), CASE).rule_ids in ((), ("one",))
    assert said in (set(), {"routing_policy.rules[0].condition"})


def test_the_most_that_is_allowed_fits_one_fact() -> None:
    asks = tuple(Requirement(f"{'s' * 60}{n}", 5, hard=True) for n in range(REQUIREMENTS_MAX // RULES_MAX))
    condition = ("channel = x AND " * (CONDITIONS_MAX // RULES_MAX - 1) + "channel = ").ljust(CONDITION_BYTES_MAX, "x")
    rules = tuple(Rule(f"{'r' * 60}{n:03}", condition, "q" * 63, 3, 10, 9, asks) for n in range(RULES_MAX))
    shard = Shard(policy=Policy(rules=rules))
    assert len(whole(shard)) < 128 * 1024
