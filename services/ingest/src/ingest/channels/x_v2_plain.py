"""X: the v2 posts that are most of a stream, decoded in one step. Pure; `typed` says what plain means here.

A post that repeats, quotes, is a later version, is placed, or has something attached is read by `x_v2`, as all the
others are, and with it the page it is on.
"""

from __future__ import annotations

import msgspec
from chassis.clock import Instant
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1.post_structs import Author, Entity, PersonalContent

from ingest.channels import x_text, x_v1
from ingest.documents import checked_text, count, decoration, numeric_id
from ingest.events import Location
from ingest.instants import rfc3339
from ingest.language import language_of
from ingest.normalise import ITEMS_MAX, Account, Item, Mention, Observation, extent_of
from ingest.personal import encoded
from ingest.typed import Form, Unread, Whole


class _Span(Form):
    start: Whole
    end: Whole


class _Mention(_Span):
    username: str | None = None
    id: str | None = None


class _Tag(_Span):
    tag: str | None = None


class _Url(_Span):
    expanded_url: str | None = None
    url: str | None = None
    display_url: Unread = None
    unwound_url: Unread = None
    status: Unread = None
    title: Unread = None
    description: Unread = None
    media_key: Unread = None
    images: tuple[dict[str, Unread], ...] | None = None


class _Annotation(_Span):
    probability: Unread = None
    type: Unread = None
    normalized_text: Unread = None


class _Entities(Form):
    mentions: tuple[_Mention, ...] = ()
    hashtags: tuple[_Tag, ...] = ()
    urls: tuple[_Url, ...] = ()
    cashtags: tuple[_Tag, ...] = ()
    annotations: tuple[_Annotation, ...] = ()


class _ProfileEntities(Form):
    url: _Entities | None = None
    description: _Entities | None = None


class _User(Form):
    id: str
    username: str
    name: str | None = None
    location: str | None = None
    description: str | None = None
    url: str | None = None
    verified: bool | None = None
    protected: bool | None = None
    public_metrics: dict[str, Unread] | None = None
    entities: _ProfileEntities | None = None
    created_at: Unread = None
    pinned_tweet_id: Unread = None
    profile_image_url: Unread = None
    profile_banner_url: Unread = None
    verified_type: Unread = None


class _Reference(Form):
    type: str
    id: str


class _EditControls(Form):
    edits_remaining: Unread = None
    is_edit_eligible: Unread = None
    editable_until: Unread = None


class _Annotated(Form):
    domain: dict[str, Unread] | None = None
    entity: dict[str, Unread] | None = None


class _Post(Form):
    id: str
    text: str
    author_id: str
    created_at: str
    lang: str | None = None
    conversation_id: str | None = None
    in_reply_to_user_id: str | None = None
    entities: _Entities | None = None
    referenced_tweets: tuple[_Reference, ...] = ()
    edit_history_tweet_ids: tuple[str, ...] = ()
    edit_controls: _EditControls | None = None
    attachments: None = None
    geo: None = None
    public_metrics: dict[str, Unread] | None = None
    context_annotations: tuple[_Annotated, ...] = ()
    possibly_sensitive: Unread = None
    reply_settings: Unread = None
    source: Unread = None


class _Included(Form):
    users: tuple[_User, ...] = ()
    tweets: tuple[_Post, ...] = ()


class _Rule(Form):
    id: Unread = None
    tag: Unread = None


class _Document(Form):
    data: _Post | tuple[_Post, ...]
    includes: _Included
    matching_rules: tuple[_Rule, ...] = ()
    meta: dict[str, Unread] | None = None


_decoded = msgspec.json.Decoder(_Document).decode


def read(payload: bytes, account: Account, now: Instant) -> list[Item] | None:
    """One item for each plain post; None, or any exception, where one of them is not."""
    document = _decoded(payload)
    users = {user.id: user for user in document.includes.users if user.id}
    data = document.data
    if isinstance(data, _Post):
        found = [_one(data, "data", users, account, now)]
    else:
        found = [_one(d, f"data[{place}]", users, account, now) for place, d in enumerate(data[: ITEMS_MAX + 1])]
    items: list[Item] = [item for item in found if item is not None]
    return items if len(items) == len(found) <= ITEMS_MAX else None


def _one(d: _Post, where: str, users: dict[str, _User], account: Account, now: Instant) -> Observation | None:
    external_id = numeric_id(d.id, "id")
    author_id = numeric_id(d.author_id, "author_id")
    user = users.get(author_id)
    if user is None or any(numeric_id(version, "") != external_id for version in d.edit_history_tweet_ids):
        return None
    published_at = rfc3339(d.created_at, "created_at", now)
    raw = checked_text(d.text, "text")
    found = _found(raw, d.entities)
    if found is None:
        return None
    entities, named = found
    text, entities = x_text.plain(raw, entities)
    in_reply_to = ""
    for reference in d.referenced_tweets:
        if reference.type != "replied_to":
            return None
        in_reply_to = numeric_id(reference.id, "referenced_tweets.id")
    conversation = numeric_id(d.conversation_id, "conversation_id") if d.conversation_id else ""
    answered = users.get(d.in_reply_to_user_id or "")
    mentions = x_text.spoken_to(named, d.in_reply_to_user_id, answered and answered.username)
    handle = decoration(user.username, 200)
    followers = count(user.public_metrics.get("followers_count")) if user.public_metrics else 0
    profile = x_v1.profile(user.location, user.description, user.url, user.verified, followers)
    author = Author("", author_id, handle, decoration(user.name, 200), profile)
    personal = PersonalContent(text, author, tuple(entities), (), None, external_id, "", conversation, in_reply_to)
    return Observation(
        where,
        external_id,
        author_id,
        handle,
        x_v1.kind_of(in_reply_to, mentions, account, is_quote=False, is_bare_repost=False),
        published_at,
        language_of(d.lang, text),
        encoded(personal),
        text.encode(),
        len(text),
        followers,
        post_pb2.VISIBILITY_LIMITED if user.protected else post_pb2.VISIBILITY_PUBLIC,
        conversation,
        in_reply_to,
        mentions=mentions,
        is_cut=x_text.ends_in_link(raw) and _leads_to_itself(d),
        location=Location.UNTOLD,
        extent=extent_of(len(text), 0),
    )


def _found(text: str, given: _Entities | None) -> tuple[list[Entity], list[Mention]] | None:
    if given is None:
        entities = x_text.textual(text)
        return entities, [("", e.value) for e in entities if e.kind == post_pb2.ENTITY_KIND_MENTION]
    mentions = [(e.start, e.end, x_text.account_number(e.id), decoration(e.username)) for e in given.mentions]
    others = [(post_pb2.ENTITY_KIND_HASHTAG, e.start, e.end, e.tag) for e in given.hashtags]
    others += [(post_pb2.ENTITY_KIND_LINK, e.start, e.end, e.expanded_url or e.url) for e in given.urls]
    others += [(post_pb2.ENTITY_KIND_CASHTAG, e.start, e.end, e.tag) for e in given.cashtags]
    return x_text.placed(text, mentions, others)


def _leads_to_itself(d: _Post) -> bool:
    return d.entities is None or x_text.leads_to(d.id, [link.expanded_url for link in d.entities.urls])
