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
from typing import Any, NamedTuple

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
NONCES = 256
"""Drawn at once; asking the system for each costs as much as sealing."""
ATTRIBUTES_MAX = 100
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,62}")


@lru_cache(maxsize=4096)
def _kind(name: str) -> tuple[bool, bool]:
    """(whether an attribute may be called so, whether it is a contact point)"""
    return _ATTRIBUTE.fullmatch(name) is not None, contact_class(name) is not None


_kept = lru_cache(maxsize=4096)(kept)
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
        self._profiles: dict[tuple[str, str, str], tuple[int, Profile]] = {}
        self._nonces: list[bytes] = []

    async def prepare(self, batch: Sequence[Recorded]) -> React:
        """Fetches the keys of a batch's authors, then reacts without waiting. While the vault is away, it waits."""
        shown = [(recorded, recorded.body) for recorded in batch if _is_customers(recorded)]
        authors: dict[str, set[str]] = {}
        for recorded, body in shown:
            authors.setdefault(recorded.tenant, set()).add(body.identity_id)
        keys = {tenant: await self._keys(tenant, ids) for tenant, ids in authors.items()}
        found: dict[tuple[int, int], Sequence[Observe]] = {}
        for recorded, body in shown:
            key = keys[recorded.tenant][body.identity_id]
            if key is not None:
                found[recorded.position, recorded.index] = (self._observation(recorded, body, key),)

        def react(recorded: Recorded) -> Sequence[Observe]:
            return found.get((recorded.position, recorded.index), ())

        return react

    async def _keys(self, tenant: str, ids: Collection[str]) -> Keys:
        while True:
            try:
                return await self._vault.existing(tenant, ids)
            except (Unavailable, TimeoutError):
                _log.warning("the vault does not answer; posts wait")
                await asyncio.sleep(self._retry_s)

    def _observation(self, recorded: Recorded, body: Any, key: SubjectKey) -> Observe:
        author = post_pb2.PersonalContent.FromString(key.open(body.personal)).author
        edited = recorded.type == _EDITED
        at = body.edited_at if edited else body.published_at
        profile = self._profile(recorded.tenant, key, "" if edited else body.channel, body, author)
        return Observe(profile, recorded.event.event_id, from_timestamp(at), edited)

    def _profile(self, tenant: str, key: SubjectKey, channel: str, body: Any, author: post_pb2.Author) -> Profile:
        """The profile of an author as a post shows it: the one from before when nothing of it changed."""
        identity_id: str = body.identity_id
        source_id: str = body.source_id
        external_id, handle, display_name = author.external_id, author.handle, author.display_name
        attributes = [(one.name, one.value) for one in author.attributes]
        contacts = [(one.kind, one.value, one.verified) for one in author.contact_points]
        whole = hash((external_id, handle, display_name, *[one for one in attributes if _kept(one[0])], *contacts))
        at = (tenant, identity_id, source_id)
        before = self._profiles.get(at)
        if before is not None and before[0] == whole:
            return before[1]
        claims = [
            Claim(name, value, False, PROFILE_CONFIDENCE_PERMILLE)
            for name, value in (("display_name", display_name), *attributes)
            if _kept(name)
        ]
        claims += [
            Claim(kind, value, verified, VOUCHED_CONFIDENCE_PERMILLE if verified else PROFILE_CONFIDENCE_PERMILLE)
            for kind, value, verified in contacts
        ]
        said, values = assertion(self._vault, tenant, key, "service", claims, whole=True)
        content = names_pb2.ProfileContent(values=values)
        names = content.names
        names.external_id, names.handle, names.display_name = external_id, handle, display_name
        if not self._nonces:
            self._nonces = nonces(NONCES)
        nonce = self._nonces.pop()
        profile = Profile(
            identity_id,
            founded_customer_id(identity_id),
            channel,
            f"source/{source_id}",
            key.digest(names.SerializeToString()),
            Sealed(subject_id=identity_id, nonce=nonce, ciphertext=key.encrypt(nonce, content.SerializeToString())),
            said,
            True,
            frozenset([one.contact for one in proofs(said.attributes)]) if contacts else _NOTHING,
        )
        if len(self._profiles) >= PROFILES_MAX:
            self._profiles.clear()
        if channel:
            self._profiles[at] = whole, profile
        return profile


_NOTHING: frozenset[bytes] = frozenset()


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


class Claim(NamedTuple):
    """One value before it is sealed."""

    name: str
    value: str
    verified: bool
    confidence_permille: int

    def __repr__(self) -> str:
        return f"Claim({self.name})"


def assertion(
    vault: KeyVault, tenant: str, key: SubjectKey, purpose: str, claims: Sequence[Claim], *, whole: bool
) -> tuple[events.Assertion, list[str]]:
    """The claims without their values, sorted by name, and the values in that order, to be sealed.

    Empty, repeated and misnamed claims are left out. `whole`: the claims are all that the source shows.
    """
    found: dict[tuple[str, bool, bytes], tuple[str, str, bool, int]] = {}
    for name, given, verified, confidence in claims:
        value = said(given)
        if not value:
            continue
        well_named, is_contact = _kind(name)
        if not well_named:
            continue
        index, unique, compared = b"", False, value
        if is_contact:
            point = contact(name, value)
            if point is None:
                continue
            index, unique, compared = vault.blind(tenant, point.indexed), point.unique, point.value
        found.setdefault((name, verified, index), (value, compared, unique, confidence))
    attributes: list[events.AssertedAttribute] = []
    values: list[str] = []
    digest = key.digest
    for slot in sorted(found)[:ATTRIBUTES_MAX]:
        name, verified, index = slot
        value, compared, unique, confidence = found[slot]
        keyed = digest(f"{name}\0{compared}".encode())
        attributes.append(events.AssertedAttribute(name, keyed, index, verified, unique, confidence, len(values)))
        values.append(value)
    # The digests are keyed and tell names from each other; whether a value is proved is part of what is shown.
    shown = digest(b"".join([one[1] + (b"1" if one[3] else b"0") for one in attributes])) if whole else b""
    return events.Assertion(purpose, tuple(attributes), shown), values


def sealed_content(key: SubjectKey, values: Sequence[str], called: tuple[str, str] | None) -> tuple[Sealed, bytes]:
    """(sealed ProfileContent, digest of the names) of what a system says; `called`: account scope and external id."""
    content = names_pb2.ProfileContent(values=values)
    if called is None:
        return key.seal(content.SerializeToString()), b""
    names = content.names
    names.account_scope, names.external_id = called
    return key.seal(content.SerializeToString()), key.digest(names.SerializeToString())
