"""Posts in, observations of their authors out. It opens and seals; whether one says something new is not known here.

Opening needs keys, fetched once per batch; everything after that is a function of the event and the keys. A profile
that was seen before, unchanged, is the same object again: sealed once, compared by digest, dropped by the decider.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple, TypeVar

import msgspec
from chassis import layout
from chassis.commits import Recorded
from chassis.errors import Unavailable
from chassis.sealing import SealedBefore, SubjectKey, nonces
from chassis.vault import KeyVault
from switchboard.crm.v1 import names_pb2
from switchboard.ingest.v1 import events_pb2 as enums
from switchboard.ingest.v1 import events_structs as post
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1.post_structs import Author, PersonalContent
from switchboard.log.v1.log_structs import Sealed

from crm_sync import events
from crm_sync.contact_points import compared_name, contact
from crm_sync.decider import Observe, Profile, Withdraw, proofs
from crm_sync.matching import PROOFS_MAX, contact_class
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
VALUE_BYTES_MAX = 4096
"""Of one value; a longer one is not taken over from a profile."""
VALUES_BYTES_MAX = 64 * 1024
"""Of all values of one assertion. Against: an identity keeps twice as much."""
_SURELY_SHORT = VALUE_BYTES_MAX // 4
"""Code points that together are never too long."""
_PURPOSE = "service"
"""What platforms show is kept for."""
_BY_ONESELF = (PROFILE_CONFIDENCE_PERMILLE,)
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,62}")


@lru_cache(maxsize=4096)
def _kind(name: str) -> tuple[bool, bool, bool]:
    """(whether an attribute may be called so, whether it is a contact point, whether it is what somebody is called)"""
    is_name = name == "name" or name.endswith("_name")
    return _ATTRIBUTE.fullmatch(name) is not None, contact_class(name) is not None, is_name


@lru_cache(maxsize=4096)
def _kept(name: str) -> str:
    """The name of an attribute worth remembering, one text for all who have it; "" for others."""
    return name if kept(name) else ""


@lru_cache(maxsize=4096)
def _source(source_id: str) -> str:
    """What a source is called, one text for all it shows."""
    return f"{events.PLATFORM_SOURCE}{source_id}"


class _Content(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """PersonalContent as far as it is read here."""

    text: msgspec.Raw = msgspec.Raw()
    author: Author | None = None


_content = msgspec.msgpack.Decoder(_Content).decode
_RECEIVED = post.PostReceived.NAME
_EDITED = post.PostEdited.NAME
_LEFT = post.AuthorWithdrawn.NAME
_TAKES_PROFILE = frozenset((enums.WITHDRAWAL_REASON_DELETED, enums.WITHDRAWAL_REASON_PROTECTED))
"""What takes a profile along. An account that some countries withhold is there for all others."""
_log = logging.getLogger(__name__)

T = TypeVar("T")
_Claimed = tuple[str, str, bool, int, str]
"""The fields of a `Claim`."""
Keys = Mapping[str, SubjectKey | None]
React = Callable[[Recorded], Observe | Withdraw | None]


class Form(NamedTuple):
    """What the profiles of one shape claim: the names that are kept, sorted, with the display name's."""

    names: tuple[str, ...]
    shown: Callable[[Sequence[str]], tuple[str, ...]]
    """Their values, of the display name and those of all attributes."""
    are_names: tuple[bool, ...]
    """Whether each is what somebody is called."""


@lru_cache(maxsize=4096)
def _form(attributes: tuple[str, ...]) -> Form | None:
    """Of profiles with these attributes; None where they take a closer look: a contact point is among them, a name that
    is none, or one that is given twice.
    """
    names = {0: "display_name"} | {place: name for place, told in enumerate(attributes, 1) if (name := _kept(told))}
    kinds = {place: _kind(name) for place, name in names.items()}
    if len(set(names.values())) < len(names) or len(names) > ATTRIBUTES_MAX:
        return None
    if any(not well_named or is_contact for well_named, is_contact, _ in kinds.values()):
        return None
    places = sorted(names, key=names.__getitem__)
    shown = itemgetter(*places) if len(places) > 1 else lambda given: (given[0],)
    return Form(tuple([names[at] for at in places]), shown, tuple([kinds[at][2] for at in places]))


class _Shown(msgspec.Struct, frozen=True, gc=False):
    """The profile that was made last of what a source shows, and a hash of all of that."""

    whole: int
    profile: Profile


class Reactions:
    """What posts tell about their authors, and that an author is gone."""

    def __init__(self, vault: KeyVault, region_of: Callable[[str], str], retry_s: float = 0.5) -> None:
        """`region_of` a tenant is whose a phone number is where neither it nor its source says so, "" for nobody's."""
        self._vault = vault
        self._region_of = region_of
        self._retry_s = retry_s
        self._profiles: dict[str, _Shown] = {}
        self._nonces: list[bytes] = []

    async def prepare(self, batch: Sequence[Recorded]) -> React:
        """Fetches the keys of a batch's authors; while the vault is away, it waits.

        What it returns reacts without waiting. It raises SealBroken or DecodeError for a post whose author cannot be
        read: that post is parked, and no other. What a key sealed that was given up as lost is passed over.
        """
        authored = [(recorded, recorded.body.identity_id) for recorded in batch if _is_customers(recorded)]
        authors: dict[str, set[str]] = {}
        for recorded, identity_id in authored:
            authors.setdefault(recorded.tenant, set()).add(identity_id)
        keys = {tenant: await self._keys(tenant, ids) for tenant, ids in authors.items()}
        keys_of = {(recorded.position, recorded.index): keys[recorded.tenant][author] for recorded, author in authored}

        def react(recorded: Recorded) -> Observe | Withdraw | None:
            if recorded.type == _LEFT:
                return _withdrawal(recorded)
            key = keys_of.get((recorded.position, recorded.index))
            try:
                return None if key is None else self._observation(recorded, key)
            except SealedBefore:
                return None

        return react

    async def _keys(self, tenant: str, ids: Collection[str]) -> Keys:
        while True:
            try:
                return await self._vault.existing(tenant, ids)
            except (Unavailable, TimeoutError):
                _log.warning("the vault does not answer; posts wait")
                await asyncio.sleep(self._retry_s)

    def _observation(self, recorded: Recorded, key: SubjectKey) -> Observe:
        body = recorded.body
        plain = layout.of_plain(key.open(body.personal))
        author = layout.decode(PersonalContent.NAME, _content, plain).author or Author()
        edited = recorded.type == _EDITED
        at = body.edited_at if edited else body.published_at
        profile = self._profile(recorded.tenant, key, "" if edited else body.channel, body.source_id, author)
        return Observe(profile, recorded.event_id, at, edited)

    def _profile(self, tenant: str, key: SubjectKey, channel: str, source_id: str, author: Author) -> Profile:
        """The profile of an author as a post shows it: the one from before when nothing of it changed."""
        identity_id, external_id, handle = key.subject_id, author.external_id, author.handle
        form = None if author.contact_points else _form(tuple([one.name for one in author.attributes]))
        if form is None:
            whole = hash((external_id, handle, *self._claims(tenant, author)))
        else:
            shown = form.shown((author.display_name, *[one.value for one in author.attributes]))
            whole = hash((external_id, handle, form.names, shown))
        source = _source(source_id)
        at = f"{tenant} {identity_id} {source}"
        before = self._profiles.get(at)
        if before is not None and before.whole == whole:
            return before.profile
        values = [] if form is None else list(map(said, shown))
        if form is not None and all(values) and sum(map(len, values)) <= _SURELY_SHORT:
            told = claimed(key, form, values)
        else:
            told, values = assertion(self._vault, tenant, key, _PURPOSE, self._claims(tenant, author), whole=True)
        content = names_pb2.ProfileContent(values=values)
        names = content.names
        names.external_id, names.handle, names.display_name = external_id, handle, author.display_name
        profile = Profile(
            identity_id,
            founded_customer_id(identity_id),
            channel,
            source,
            key.digest(names.SerializeToString()),
            self._sealed(key, content),
            told,
            True,
            frozenset([one.contact for one in proofs(told.attributes)]) if told.standings else _NOTHING,
        )
        if len(self._profiles) >= PROFILES_MAX:
            self._profiles.clear()
        if channel:
            self._profiles[at] = _Shown(whole, profile)
        return profile

    def _claims(self, tenant: str, author: Author) -> list[_Claimed]:
        """All that a profile claims, also what is proved."""
        claims = [("display_name", author.display_name, False, PROFILE_CONFIDENCE_PERMILLE, "")]
        claims += [
            (name, one.value, False, PROFILE_CONFIDENCE_PERMILLE, "")
            for one in author.attributes
            if (name := _kept(one.name))
        ]
        by_default = self._region_of(tenant) if author.contact_points else ""
        for point in author.contact_points:
            vouched = VOUCHED_CONFIDENCE_PERMILLE if point.verified else PROFILE_CONFIDENCE_PERMILLE
            claims.append((point.kind, point.value, point.verified, vouched, point.region or by_default))
        return claims

    def _sealed(self, key: SubjectKey, content: names_pb2.ProfileContent) -> Sealed:
        if not self._nonces:
            self._nonces = nonces(NONCES)
        nonce = self._nonces.pop()
        return Sealed(key.subject_id, nonce, key.encrypt(nonce, content.SerializeToString()))


_NOTHING: frozenset[bytes] = frozenset()


def _withdrawal(recorded: Recorded) -> Withdraw | None:
    body = recorded.body
    if body.reason not in _TAKES_PROFILE:
        return None
    return Withdraw(body.identity_id, recorded.event_id, body.withdrawn_at)


def _is_customers(recorded: Recorded) -> bool:
    """Whether it may show a customer's profile. An edit does not say which side wrote; the decider takes known ones."""
    if recorded.type == _RECEIVED:
        body = recorded.body
        return bool(
            body.direction == post_pb2.DIRECTION_INBOUND
            and body.author_kind == post_pb2.AUTHOR_KIND_CUSTOMER
            and body.identity_id
            and body.personal is not None
        )
    return recorded.type == _EDITED and bool(recorded.body.identity_id) and recorded.body.personal is not None


class Claim(NamedTuple):
    """One value before it is sealed."""

    name: str
    value: str
    verified: bool
    confidence_permille: int
    region: str = ""
    """CLDR region of a phone number without country; empty where nobody said."""

    def __repr__(self) -> str:
        return f"Claim({self.name})"


def assertion(
    vault: KeyVault,
    tenant: str,
    key: SubjectKey,
    purpose: str,
    claims: Iterable[_Claimed],
    *,
    whole: bool,
) -> tuple[events.Assertion, list[str]]:
    """The claims without their values, sorted by name, and the values in that order, to be sealed.

    A claim has the fields of `Claim`. Left out are those that are empty, repeated, misnamed or longer than
    VALUE_BYTES_MAX, and those behind the first ATTRIBUTES_MAX or VALUES_BYTES_MAX of them. Behind the first PROOFS_MAX
    contact points that may link identities, others are kept as if several people could have them. `whole`: they are all
    that the source shows.
    """
    found: dict[tuple[str, bool, bytes], tuple[str, int, str, bool, int]] = {}
    for name, given, verified, confidence, region in claims:
        value = said(given)
        size = len(value) if value.isascii() else len(value.encode())
        if not 0 < size <= VALUE_BYTES_MAX:
            continue
        well_named, is_contact, is_name = _kind(name)
        if not well_named:
            continue
        index, unique, compared = b"", False, value
        if is_contact:
            point = contact(name, value, region)
            if point is None:
                continue
            index, unique, compared = vault.blind(tenant, point.indexed), point.unique, point.value
        elif is_name:
            compared = compared_name(value)
        at = name, verified, index
        if at not in found:
            found[at] = value, size, compared, unique, confidence
    digest = key.digester()
    names: list[str] = []
    digests: list[bytes] = []
    shown: list[bytes] = []
    values: list[str] = []
    confidences: list[int] = []
    standings: list[events.Standing] = []
    room, proofs_left = VALUES_BYTES_MAX, PROOFS_MAX
    for at in sorted(found)[:ATTRIBUTES_MAX]:
        name, verified, index = at
        value, size, compared, unique, confidence = found[at]
        room -= size
        if room < 0:
            break
        if verified and unique:
            proofs_left -= 1
            unique = proofs_left >= 0
        if verified or index:
            standings.append(events.Standing(len(names), index, verified, unique))
        names.append(name)
        values.append(value)
        confidences.append(confidence)
        digested = digest(f"{name}\0{compared}".encode())
        digests.append(digested)
        # The digests are keyed and tell names from each other; whether a value is proved is part of what is shown.
        shown += (digested, b"1" if verified else b"0")
    if len(set(confidences)) == 1:
        del confidences[1:]
    whole_digest = digest(b"".join(shown)) if whole else b""
    return events.Assertion(
        purpose,
        _shared(tuple(names)),
        b"".join(digests),
        (),
        _shared(tuple(confidences)),
        tuple(standings),
        whole_digest,
    ), values


def claimed(key: SubjectKey, form: Form, values: Sequence[str]) -> events.Assertion:
    """What `assertion` makes of a whole profile of this form where all values say something and fit by far."""
    digest = key.digester()
    digests = [
        digest(f"{name}\0{compared_name(value) if is_name else value}".encode())
        for name, value, is_name in zip(form.names, values, form.are_names, strict=True)
    ]
    shown = b"".join([digested + b"0" for digested in digests])
    return events.Assertion(_PURPOSE, form.names, b"".join(digests), (), _BY_ONESELF, (), digest(shown))


@lru_cache(maxsize=4096)
def _shared(column: T) -> T:
    """One object for all who have the same: the profiles of a platform have few shapes, and many are remembered."""
    return column


def sealed_content(key: SubjectKey, values: Sequence[str], called: tuple[str, str] | None) -> tuple[Sealed, bytes]:
    """(sealed ProfileContent, digest of the names) of what a system says; `called`: account scope and external id."""
    content = names_pb2.ProfileContent(values=values)
    if called is None:
        return key.seal(content.SerializeToString()), b""
    names = content.names
    names.account_scope, names.external_id = called
    return key.seal(content.SerializeToString()), key.digest(names.SerializeToString())
