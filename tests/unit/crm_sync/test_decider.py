"""What crm-sync decides: given what was observed, when something comes, then these facts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from chassis.clock import Instant
from chassis.errors import Rejected
from crm_sync import events
from crm_sync.decider import Command, Erase, Forbid, Link, Observe, Reason, Unlink, Withdraw, decide
from crm_sync.events import ConflictReason, LinkReason, UnlinkReason
from crm_sync.matching import RULESET
from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).parent))

from crm_facts import CAUSE, after, assertion, partition, profile, said, sealed, see

T = Instant(50)
MAIL = said("email", "mia@mail.example", verified=True)


def observed(
    who: str, *attributes: events.AssertedAttribute, first: bool = True, handle: str = "", at: int = 1
) -> events.IdentityObserved:
    founded = f"customer-{who}" if first else ""
    handle = handle or who
    said = assertion(*attributes) if attributes else None
    return events.IdentityObserved(
        who, founded, "x", "source/x", handle.encode(), sealed(who, handle), said, CAUSE, Instant(at)
    )


def asserted(
    who: str,
    *attributes: events.AssertedAttribute,
    at: int = 1,
    source: str = "source/x",
    whole: Sequence[events.AssertedAttribute] = (),
) -> events.AttributesAsserted:
    said = assertion(*attributes, whole=whole)
    return events.AttributesAsserted(who, source, sealed(who, who), said, CAUSE, Instant(at))


def linked(a: str, b: str, customer: str, *moved: str, at: int = 1) -> events.IdentitiesLinked:
    return events.IdentitiesLinked(
        a,
        b,
        LinkReason.SAME_VERIFIED_CONTACT,
        "email",
        MAIL.contact,
        RULESET,
        f"customer-{customer}",
        moved,
        CAUSE,
        Instant(at),
    )


def stated(a: str, b: str, customer: str, *moved: str) -> events.IdentitiesLinked:
    return events.IdentitiesLinked(a, b, LinkReason.STATED, "", b"", RULESET, f"customer-{customer}", moved, CAUSE, T)


def conflict(a: str, b: str, reason: ConflictReason, disputed: str = "", at: int = 1) -> events.ConflictRaised:
    return events.ConflictRaised(a, b, reason, "email", MAIL.contact, disputed, RULESET, CAUSE, Instant(at))


def unlinked(a: str, b: str, reason: UnlinkReason, customer: str, *moved: str) -> events.IdentitiesUnlinked:
    return events.IdentitiesUnlinked(a, b, reason, customer, moved, CAUSE, T)


def late(
    who: str, *attributes: events.AssertedAttribute, at: int, whole: Sequence[events.AssertedAttribute]
) -> events.AttributesAsserted:
    fact = asserted(who, *attributes, at=at, whole=whole)
    return replace(fact, said=replace(fact.said, profile_digest=b""))


SITE = said("url", "a.example")
BERLIN, PARIS = said("location", "Berlin"), said("location", "Paris")
GONE = events.ProfileWithdrawn("a", CAUSE, T)
MEMBER_1, MEMBER_2 = said("member_id", "1", verified=True), said("member_id", "2", verified=True)

DECIDED = [
    pytest.param([], see("a"), [observed("a")], id="an unknown identity founds a customer"),
    pytest.param([], see("a", BERLIN), [observed("a", BERLIN)], id="its profile is asserted with it"),
    pytest.param([see("a", BERLIN)], see("a", BERLIN, at=2), [], id="an unchanged profile says nothing new"),
    pytest.param(
        [see("a", BERLIN)], see("a", PARIS, at=2), [asserted("a", PARIS, at=2)], id="a changed value is asserted"
    ),
    pytest.param([see("a", BERLIN, at=5)], see("a", PARIS, at=2), [], id="a late post brings no old value back"),
    pytest.param(
        [see("a", BERLIN, at=5)],
        see("a", PARIS, SITE, at=2),
        [late("a", SITE, at=2, whole=(PARIS, SITE))],
        id="a late post brings what was never said, and does not count as all the source shows",
    ),
    pytest.param(
        [see("a", BERLIN, at=5), see("a", PARIS, SITE, at=2)],
        see("a", PARIS, SITE, at=6),
        [asserted("a", PARIS, at=6, whole=(PARIS, SITE))],
        id="what a late post could not bring, the next one brings",
    ),
    pytest.param(
        [see("a", BERLIN, SITE), see("a", PARIS, SITE, at=2)],
        see("a", PARIS, SITE, at=3),
        [],
        id="a profile that changed and stays says nothing new",
    ),
    pytest.param(
        [see("a", BERLIN), see("a", BERLIN, at=2, source="source/y", handle="other")],
        see("a", BERLIN, at=3),
        [observed("a", first=False, at=3)],
        id="the same profile under another name is another name only",
    ),
    pytest.param(
        [see("a", BERLIN)],
        see("a", PARIS, handle="other", at=2),
        [observed("a", PARIS, first=False, handle="other", at=2)],
        id="another name and another value are one fact",
    ),
    pytest.param(
        [see("a", BERLIN)],
        see("a", BERLIN, at=2, source="crm"),
        [asserted("a", BERLIN, at=2, source="crm")],
        id="another source saying the same is another candidate",
    ),
    pytest.param(
        [see("a", said("birthday", "1990-01-01"))],
        see("a", said("birthday", "1990-01-01", verified=True), at=2),
        [asserted("a", said("birthday", "1990-01-01", verified=True), at=2)],
        id="a claim that becomes proved is news",
    ),
    pytest.param(
        [see("a", said("birthday", "1990-01-01", verified=True))],
        see("a", said("birthday", "1990-01-01"), at=2),
        [],
        id="claiming what is proved already is none",
    ),
    pytest.param(
        [see("a")],
        see("a", handle="other", at=2),
        [observed("a", first=False, handle="other", at=2)],
        id="another handle is observed again",
    ),
    pytest.param([see("a", at=5)], see("a", handle="old", at=2), [], id="a late post brings no old handle back"),
    pytest.param(
        [], Observe(profile("a"), CAUSE, T, known_only=True), [], id="the edit of an unknown author is passed over"
    ),
    pytest.param(
        [see("a", MAIL)],
        see("b", MAIL, at=2),
        [observed("b", MAIL, at=2), linked("a", "b", "a", "b", at=2)],
        id="two who proved the same address are one customer, with the id of the older",
    ),
    pytest.param(
        [see("b", MAIL, at=5)],
        see("a", MAIL, at=2),
        [observed("a", MAIL, at=2), linked("a", "b", "a", "b", at=2)],
        id="the older identity gives its id even when it is seen later",
    ),
    pytest.param(
        [see("a", MAIL)],
        see("b", said("email", "mia@mail.example"), at=2),
        [observed("b", said("email", "mia@mail.example"), at=2)],
        id="an address that is only claimed never links",
    ),
    pytest.param(
        [see("a", said("email", "mia@mail.example", verified=True, unique=False))],
        see("b", said("email", "mia@mail.example", verified=True, unique=False), at=2),
        [observed("b", said("email", "mia@mail.example", verified=True, unique=False), at=2)],
        id="a role mailbox never links, proved or not",
    ),
    pytest.param(
        [see("a", MAIL, MEMBER_1)],
        see("b", MAIL, MEMBER_2, at=2),
        [
            observed("b", MAIL, MEMBER_2, at=2),
            conflict("a", "b", ConflictReason.VALUES_DIFFER, "member_id", at=2),
        ],
        id="two member ids stay two customers and a person is asked",
    ),
    pytest.param(
        [see("a", MAIL, MEMBER_1), see("b", MAIL, MEMBER_2, at=2)],
        see("b", said("email", "mia@mail.example", verified=True), at=3, source="crm"),
        [asserted("b", MAIL, at=3, source="crm")],
        id="the same conflict is raised once",
    ),
    pytest.param(
        [see("a"), see("b"), Forbid("a", "b", CAUSE, T), see("a", MAIL, at=2)],
        see("b", MAIL, at=2),
        [asserted("b", MAIL, at=2), conflict("a", "b", ConflictReason.FORBIDDEN, at=2)],
        id="a bar wins over evidence that comes later",
    ),
    pytest.param(
        [see(f"{n:02}", MAIL) for n in range(10)],
        see("99", MAIL, at=2),
        [
            observed("99", MAIL, at=2),
            conflict("00", "99", ConflictReason.SHARED_CONTACT, at=2),
        ],
        id="an address that too many proved looks shared",
    ),
    pytest.param(
        [see("a", MAIL), see("b", MAIL), Unlink("a", "b", CAUSE, T)],
        see("b", MAIL, at=3, source="crm"),
        [asserted("b", MAIL, at=3, source="crm")],
        id="what somebody took apart, known evidence does not join again",
    ),
    pytest.param([see("a"), see("b")], Link("b", "a", CAUSE, T), [stated("a", "b", "a", "b")], id="somebody links two"),
    pytest.param(
        [see("a"), see("b"), Link("a", "b", CAUSE, T)], Link("b", "a", CAUSE, T), [], id="linking twice is linking once"
    ),
    pytest.param(
        [see("a", MAIL), see("b", MAIL)],
        Unlink("a", "b", CAUSE, T),
        [unlinked("a", "b", UnlinkReason.STATED, "customer-b", "b")],
        id="unlinking gives the younger part its own id back",
    ),
    pytest.param(
        [see("a"), see("b"), see("c"), Link("a", "b", CAUSE, T), Link("b", "c", CAUSE, T), Link("a", "c", CAUSE, T)],
        Unlink("a", "b", CAUSE, T),
        [unlinked("a", "b", UnlinkReason.STATED, "")],
        id="unlinking parts nobody whom other links hold together",
    ),
    pytest.param(
        [see("a", MAIL), see("b", MAIL), Unlink("a", "b", CAUSE, T)],
        Unlink("a", "b", CAUSE, T),
        [],
        id="unlinking twice is unlinking once",
    ),
    pytest.param(
        [see("a", MAIL), see("b", MAIL)],
        Forbid("b", "a", CAUSE, T),
        [
            events.LinkForbidden("a", "b", CAUSE, T),
            unlinked("a", "b", UnlinkReason.FORBIDDEN, "customer-b", "b"),
        ],
        id="forbidding takes the link back",
    ),
    pytest.param(
        [see("a", MAIL), see("b", MAIL), see("c"), Link("b", "c", CAUSE, T)],
        Forbid("a", "c", CAUSE, T),
        [
            events.LinkForbidden("a", "c", CAUSE, T),
            unlinked("a", "b", UnlinkReason.FORBIDDEN, "customer-b", "b", "c"),
        ],
        id="on the way between two forbidden ones the rule's link goes before the stated one",
    ),
    pytest.param(
        [see("a"), see("b"), Forbid("a", "b", CAUSE, T)],
        Forbid("b", "a", CAUSE, T),
        [],
        id="forbidding twice is forbidding once",
    ),
    pytest.param(
        [see("a", MAIL), see("b", MAIL)],
        Erase("", "customer-b", "request", CAUSE, T),
        [events.SubjectErased("a", "request", CAUSE, T), events.SubjectErased("b", "request", CAUSE, T)],
        id="erasing a customer by an old id erases all its identities",
    ),
    pytest.param(
        [see("a", MAIL), Erase("a", "", "request", CAUSE, T)],
        see("a", PARIS, at=60),
        [],
        id="nothing is learnt of an erased identity",
    ),
    pytest.param(
        [see("a", MAIL), Erase("a", "", "request", CAUSE, T)],
        see("b", MAIL, at=60),
        [observed("b", MAIL, at=60)],
        id="an erased identity's address links nobody to it",
    ),
    pytest.param(
        [see("a"), Erase("a", "", "request", CAUSE, T)],
        Erase("a", "", "again", CAUSE, T),
        [],
        id="erasing twice is erasing once",
    ),
    pytest.param([see("a", BERLIN)], Withdraw("a", CAUSE, T), [GONE], id="what an account showed goes with it"),
    pytest.param([see("a", BERLIN), Withdraw("a", CAUSE, T)], Withdraw("a", CAUSE, T), [], id="and only once"),
    pytest.param([], Withdraw("a", CAUSE, T), [], id="nobody knows who is gone"),
    pytest.param([see("a", source="crm")], Withdraw("a", CAUSE, T), [], id="what systems say of somebody stays"),
    pytest.param([see("a", at=60)], Withdraw("a", CAUSE, T), [], id="who was seen since came back"),
    pytest.param(
        [see("a", BERLIN), Withdraw("a", CAUSE, T)],
        see("a", BERLIN, at=60),
        [observed("a", BERLIN, first=False, at=60)],
        id="who comes back shows a profile again",
    ),
    pytest.param(
        [see("a", MAIL), Withdraw("a", CAUSE, T)],
        see("b", MAIL, at=60),
        [observed("b", MAIL, at=60)],
        id="the address of an account that is gone links nobody to it",
    ),
    pytest.param(
        [see("a", MAIL), Erase("a", "", "request", CAUSE, T)], Withdraw("a", CAUSE, T), [], id="the erased stay erased"
    ),
]


@pytest.mark.parametrize(("given", "when", "then"), DECIDED)
def test_decides(given: Sequence[Command], when: Command, then: Sequence[events.Event]) -> None:
    assert list(decide(when, after(given))) == list(then)


AB = [see("a"), see("b")]
REFUSED = [
    pytest.param([see("a")], Link("a", "b", CAUSE, T), Reason.IDENTITY_UNKNOWN, id="linking somebody unknown"),
    pytest.param([see("a")], Link("a", "a", CAUSE, T), Reason.SAME_IDENTITY, id="linking one with itself"),
    pytest.param(
        [*AB, Forbid("a", "b", CAUSE, T)],
        Link("a", "b", CAUSE, T),
        Reason.LINK_FORBIDDEN,
        id="linking two that are forbidden",
    ),
    pytest.param(
        [see("a", MEMBER_1), see("b", MEMBER_2)],
        Link("a", "b", CAUSE, T),
        Reason.VALUES_DIFFER,
        id="linking two with different member ids",
    ),
    pytest.param(
        [*AB, Erase("b", "", "request", CAUSE, T)],
        Link("a", "b", CAUSE, T),
        Reason.SUBJECT_ERASED,
        id="linking an erased one",
    ),
    pytest.param(AB, Unlink("a", "b", CAUSE, T), Reason.NOT_LINKED, id="unlinking two that are not linked"),
    pytest.param(AB, Forbid("a", "a", CAUSE, T), Reason.SAME_IDENTITY, id="forbidding one with itself"),
    pytest.param(
        AB, Erase("", "customer-x", "request", CAUSE, T), Reason.CUSTOMER_UNKNOWN, id="erasing an unknown customer"
    ),
    pytest.param(
        [*AB, Erase("a", "", "request", CAUSE, T)],
        Observe(profile("a"), CAUSE, T, insists=True),
        Reason.SUBJECT_ERASED,
        id="asserting something of an erased one",
    ),
]


@pytest.mark.parametrize(("given", "when", "reason"), REFUSED)
def test_refuses(given: Sequence[Command], when: Command, reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        decide(when, after(given))
    assert refusal.value.reason == reason


def test_a_merged_customer_keeps_the_id_of_its_oldest_identity() -> None:
    merged = after([see("b", MAIL, at=5), see("a", MAIL, at=2), see("c", MAIL, at=9)])
    assert partition(merged) == {"customer-a": frozenset("abc")}
