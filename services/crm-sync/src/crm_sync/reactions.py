"""Posts in, observations of their authors out. It opens and seals; whether one says something new is not known here.

Opening needs keys, fetched once per batch; everything after that is a function of the event and the keys. A profile
that was seen before, unchanged, is the same object again: sealed once, compared by digest, dropped by the decider.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from chassis.clock import from_timestamp
from chassis.errors import Unavailable
from chassis.log import Recorded
from chassis.sealing import KeyVault, SubjectKey, nonces
from switchboard.crm.v1 import names_pb2
from switchboard.ingest.v1 import events_pb2 as post
from switchboard.ingest.v1 import post_pb2
from switchboard.log.v1.log_pb2 import Sealed

from crm_sync import events
from crm_sync.decider import Observe, Profile, proofs
from crm_sync.matching import contact, contact_class
from crm_sync.naming import founded_customer_id
from crm_sync.survivorship import kept, said

PROFILES_MAX = 50_000
"""Profiles remembered. Against: about 2 KB each, and a stream's active authors come again within minutes."""
PROFILE_CONFIDENCE_PERMILLE = 500
"""What people write into their own profiles is worth half of what a system vouches for."""
VOUCHED_CONFIDENCE_PERMILLE = 1000
ATTRIBUTES_MAX = 100
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_RECEIVED = post.PostReceived.DESCRIPTOR.full_name
_EDITED = post.PostEdited.DESCRIPTOR.full_name
_log = logging.getLogger(__name__)

Keys = Mapping[str, SubjectKey | None]
React = Callable[[Recorded], Sequence[Observe]]


class Reactions:
    """What posts tell about their authors."""

    def __init__(self, vault: KeyVault, retry_s: float = 0.5) -> None:
        self._vault = vault
        self._retry_s = retry_s
        self._profiles: dict[tuple[str, str, str], tuple[int, bytes, Profile]] = {}

    async def prepare(self, batch: Sequence[Recorded]) -> React:
        """Fetches the keys of a batch's authors, then reacts without waiting. While the vault is away, it waits."""
        authors: dict[str, set[str]] = {}
        for recorded in batch:
            if _is_customers(recorded):
                authors.setdefault(recorded.tenant, set()).add(recorded.body.identity_id)
        keys = {tenant: await self._keys(tenant, ids) for tenant, ids in authors.items()}

        def react(recorded: Recorded) -> Sequence[Observe]:
            key = keys.get(recorded.tenant, {}).get(recorded.body.identity_id) if _is_customers(recorded) else None
            return () if key is None else self._react(recorded, key)

        return react

    async def _keys(self, tenant: str, ids: Collection[str]) -> Keys:
        while True:
            try:
                return await self._vault.existing(tenant, ids)
            except (Unavailable, TimeoutError):
                _log.warning("the vault does not answer; posts wait")
                await asyncio.sleep(self._retry_s)

    def _react(self, recorded: Recorded, key: SubjectKey) -> Sequence[Observe]:
        body = recorded.body
        author = post_pb2.PersonalContent.FromString(key.open(body.personal)).author
        edited = recorded.type == _EDITED
        at = from_timestamp(body.edited_at if edited else body.published_at)
        profile = self._profile(recorded.tenant, key, "" if edited else body.channel, body, author)
        return (Observe(profile, recorded.event.event_id, at, known_only=edited),)

    def _profile(self, tenant: str, key: SubjectKey, channel: str, body: Any, author: post_pb2.Author) -> Profile:
        """The profile of an author as a post shows it: the one from before when nothing of it changed."""
        at = (tenant, body.identity_id, body.source_id)
        before = self._profiles.get(at)
        # Counters are part of this and not of the digest: equal is surely unchanged, different may be as well.
        whole = hash(author.SerializeToString(deterministic=True))
        if before is not None and before[0] == whole:
            return before[2]
        attributes = [(one.name, one.value) for one in author.attributes if kept(one.name)]
        contacts = [(one.kind, one.value, one.verified) for one in author.contact_points]
        shown = repr((author.external_id, author.handle, author.display_name, attributes, contacts))
        digest = key.digest(shown.encode("utf-8", "surrogatepass"))
        if before is not None and before[1] == digest:
            self._profiles[at] = whole, digest, before[2]
            return before[2]
        claims = [
            Claim(name, value, False, PROFILE_CONFIDENCE_PERMILLE)
            for name, value in (("display_name", author.display_name), *attributes)
        ]
        claims += [
            Claim(kind, value, verified, VOUCHED_CONFIDENCE_PERMILLE if verified else PROFILE_CONFIDENCE_PERMILLE)
            for kind, value, verified in contacts
        ]
        sealed = sealed_attributes(self._vault, tenant, key, claims)[:ATTRIBUTES_MAX]
        names_digest, names = sealed_names(key, "", author.external_id, author.handle, author.display_name)
        profile = Profile(
            identity_id=body.identity_id,
            founded_customer_id=founded_customer_id(body.identity_id),
            channel=channel,
            source=f"source/{body.source_id}",
            purpose="service",
            names_digest=names_digest,
            names=names,
            attributes=sealed,
            renames=True,
            proves=frozenset(one.contact for one in proofs(sealed)),
        )
        if len(self._profiles) >= PROFILES_MAX:
            self._profiles.clear()
        if channel:
            self._profiles[at] = whole, digest, profile
        return profile


def _is_customers(recorded: Recorded) -> bool:
    """Whether it may show a customer's profile. An edit does not say which side wrote; the decider takes known ones."""
    if recorded.type == _RECEIVED:
        body = recorded.body
        return bool(
            body.direction == post_pb2.DIRECTION_INBOUND
            and body.author_kind == post_pb2.AUTHOR_KIND_CUSTOMER
            and body.identity_id
            and body.HasField("personal")
        )
    return recorded.type == _EDITED and bool(recorded.body.identity_id) and recorded.body.HasField("personal")


class Claim:
    """One value before it is sealed."""

    __slots__ = ("confidence_permille", "name", "value", "verified")

    def __init__(self, name: str, value: str, verified: bool, confidence_permille: int) -> None:
        self.name = name
        self.value = said(value)
        self.verified = verified
        self.confidence_permille = confidence_permille

    def __repr__(self) -> str:
        return f"Claim({self.name})"


@lru_cache(maxsize=4096)
def _named(name: str) -> tuple[bool, bool]:
    """(whether an attribute may be called so, whether it is a contact point)"""
    return _ATTRIBUTE.fullmatch(name) is not None, contact_class(name) is not None


def sealed_names(
    key: SubjectKey, account_scope: str, external_id: str, handle: str, display_name: str
) -> tuple[bytes, Any]:
    """(keyed digest, sealed IdentityNames) of what an identity is called."""
    names = names_pb2.IdentityNames(
        account_scope=account_scope, external_id=external_id, handle=handle, display_name=display_name
    ).SerializeToString(deterministic=True)
    return key.digest(names), key.seal(names)


def sealed_attributes(
    vault: KeyVault, tenant: str, key: SubjectKey, claims: Sequence[Claim]
) -> tuple[events.AssertedAttribute, ...]:
    """The claims under the subject's key, sorted by name; empty, repeated and misnamed ones are left out."""
    found: dict[tuple[str, bool, bytes], events.AssertedAttribute] = {}
    for claim, nonce in zip(claims, nonces(len(claims)), strict=True):
        if not claim.value:
            continue
        well_named, is_contact = _named(claim.name)
        if not well_named:
            continue
        index, unique, compared = b"", False, claim.value
        if is_contact:
            point = contact(claim.name, claim.value)
            if point is None:
                continue
            index, unique, compared = vault.blind(tenant, point.indexed), point.unique, point.value
        slot = (claim.name, claim.verified, index)
        if slot not in found:
            found[slot] = events.AssertedAttribute(
                claim.name,
                Sealed(
                    subject_id=key.subject_id,
                    nonce=nonce,
                    ciphertext=key.encrypt(nonce, claim.value.encode("utf-8", "replace")),
                ),
                key.digest(f"{claim.name}\0{compared}".encode("utf-8", "replace")),
                index,
                claim.verified,
                unique,
                claim.confidence_permille,
            )
    return tuple(found[slot] for slot in sorted(found))
