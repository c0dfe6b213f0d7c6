"""Commands and facts of crm-sync in a few words. Sealed values are plain here: deciders never look inside."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from chassis.clock import Instant
from crm_sync import events
from crm_sync.decider import Command, Observe, Profile, decide, proofs
from crm_sync.state import Customers, evolve
from switchboard.log.v1.log_structs import Sealed

CAUSE = b"c" * 16


def sealed(who: str, value: str) -> Sealed:
    return Sealed(subject_id=who, nonce=b"n", ciphertext=value.encode())


def digest(value: str) -> bytes:
    return value.encode()[:16].ljust(16, b".")


def assertion(
    *attributes: events.AssertedAttribute, whole: Sequence[events.AssertedAttribute] = ()
) -> events.Assertion:
    """What was said of what is shown; `whole` where that is more. Nothing at all is said by nobody."""
    everything = tuple(whole) or attributes
    shown = hashlib.blake2b(repr(everything).encode(), digest_size=16).digest()
    attributes = tuple(one._replace(place=everything.index(one)) for one in attributes)
    return events.Assertion.of("service", attributes, shown)


def said(name: str, value: str, *, verified: bool = False, unique: bool = True) -> events.AssertedAttribute:
    point = name in ("email", "phone") or name.endswith("_id")
    contact = f"{name}:{value}".encode() if point else b""
    return events.AssertedAttribute(
        name, digest(value), contact, verified, unique and point, 1000 if verified else 500, 0
    )


def profile(who: str, *attributes: events.AssertedAttribute, source: str = "source/x", handle: str = "") -> Profile:
    handle = handle or who
    return Profile(
        identity_id=who,
        founded_customer_id=f"customer-{who}",
        channel="x",
        source=source,
        names_digest=handle.encode(),
        content=sealed(who, handle),
        said=assertion(*attributes),
        renames=source.startswith("source/"),
        proves=frozenset(one.contact for one in proofs(attributes)),
    )


def see(who: str, *attributes: events.AssertedAttribute, at: int = 1, **rest: str) -> Observe:
    return Observe(profile(who, *attributes, **rest), CAUSE, Instant(at))


def after(commands: Sequence[Command]) -> Customers:
    """The state some commands lead to."""
    customers = Customers()
    for command in commands:
        for event in decide(command, customers):
            customers = evolve(customers, event)
    return customers


def partition(customers: Customers) -> dict[str, frozenset[str]]:
    """Identities by customer id."""
    return {customer: frozenset(members) for customer, members in customers.members.items()}
