"""X: the statuses that are most of a stream, decoded in one step. Pure; `typed` says what plain means here.

A status that repeats, quotes, edits, is placed, or carries its text elsewhere is read by `x_v1`, as all the others are;
so is one whose entities stand behind an emoji, where X's two ways to count differ.
"""

from __future__ import annotations

import msgspec
from chassis.clock import Instant
from msgspec import UNSET, UnsetType
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1.post_structs import Author, Entity, Media, PersonalContent

from ingest.channels import x_text, x_v1
from ingest.documents import checked_text, count, decoration, numeric_id
from ingest.events import Location
from ingest.instants import platform_time
from ingest.language import language_of
from ingest.normalise import PARTS_MAX, Account, Item, Mention, Observation, extent_of
from ingest.personal import encoded
from ingest.typed import Form, Unread, Whole

Number = str | Whole | None


class _Url(Form):
    indices: tuple[Whole, Whole]
    expanded_url: str | None = None
    url: str | None = None
    display_url: Unread = None


class _Mention(Form):
    indices: tuple[Whole, Whole]
    screen_name: str | None = None
    id_str: Number = None
    id: Number = None
    name: Unread = None


class _Tag(Form):
    indices: tuple[Whole, Whole]
    text: str | None = None


class _Medium(Form):
    media_url_https: str | None = None
    media_url: str | None = None
    type: str | None = None
    ext_alt_text: str | None = None
    id: Unread = None
    id_str: Unread = None
    indices: tuple[Whole, ...] | None = None
    url: Unread = None
    display_url: Unread = None
    expanded_url: Unread = None
    source_status_id: Unread = None
    source_status_id_str: Unread = None
    source_user_id: Unread = None
    source_user_id_str: Unread = None
    sizes: dict[str, dict[str, Unread]] | None = None


class _Attached(Form):
    media: tuple[_Medium, ...] = ()


class _Entities(Form):
    user_mentions: tuple[_Mention, ...] = ()
    hashtags: tuple[_Tag, ...] = ()
    urls: tuple[_Url, ...] = ()
    symbols: tuple[_Tag, ...] = ()
    media: tuple[_Medium, ...] = ()


class _Links(Form):
    urls: tuple[_Url, ...] = ()


class _ProfileEntities(Form):
    url: _Links | None = None
    description: _Links | None = None


class _User(Form):
    id_str: str
    screen_name: str
    name: str | None = None
    location: str | None = None
    description: str | None = None
    url: str | None = None
    verified: bool | None = None
    protected: bool | None = None
    followers_count: Whole | None = None
    entities: _ProfileEntities | None = None
    id: Unread = None
    created_at: Unread = None
    friends_count: Unread = None
    listed_count: Unread = None
    favourites_count: Unread = None
    statuses_count: Unread = None
    fast_followers_count: Unread = None
    normal_followers_count: Unread = None
    media_count: Unread = None
    utc_offset: Unread = None
    time_zone: Unread = None
    geo_enabled: Unread = None
    lang: Unread = None
    contributors_enabled: Unread = None
    is_translator: Unread = None
    is_translation_enabled: Unread = None
    translator_type: Unread = None
    has_extended_profile: Unread = None
    default_profile: Unread = None
    default_profile_image: Unread = None
    following: Unread = None
    follow_request_sent: Unread = None
    notifications: Unread = None
    show_all_inline_media: Unread = None
    profile_background_color: Unread = None
    profile_background_image_url: Unread = None
    profile_background_image_url_https: Unread = None
    profile_background_tile: Unread = None
    profile_banner_url: Unread = None
    profile_image_url: Unread = None
    profile_image_url_https: Unread = None
    profile_link_color: Unread = None
    profile_sidebar_border_color: Unread = None
    profile_sidebar_fill_color: Unread = None
    profile_text_color: Unread = None
    profile_use_background_image: Unread = None
    withheld_in_countries: tuple[Unread, ...] | None = None


class _Rule(Form):
    tag: Unread = None
    id: Unread = None
    id_str: Unread = None


class _Metadata(Form):
    iso_language_code: Unread = None
    result_type: Unread = None


class _Status(Form):
    id_str: str
    created_at: str
    user: _User
    entities: _Entities
    text: str | None = None
    full_text: str | None = None
    truncated: bool | None = None
    lang: str | None = None
    in_reply_to_status_id: Number = None
    in_reply_to_status_id_str: Number = None
    in_reply_to_user_id: Number = None
    in_reply_to_user_id_str: Number = None
    in_reply_to_screen_name: str | None = None
    conversation_id: Number = None
    conversation_id_str: Number = None
    extended_entities: _Attached | None = None
    place: UnsetType | None = UNSET
    geo: UnsetType | None = UNSET
    coordinates: UnsetType | None = UNSET
    quoted_status: None = None
    quoted_status_id: None = None
    quoted_status_id_str: None = None
    retweeted_status: None = None
    id: Unread = None
    source: Unread = None
    contributors: None = None
    display_text_range: tuple[Whole, ...] | None = None
    is_quote_status: Unread = None
    quote_count: Unread = None
    reply_count: Unread = None
    retweet_count: Unread = None
    favorite_count: Unread = None
    favorited: Unread = None
    retweeted: Unread = None
    filter_level: Unread = None
    possibly_sensitive: Unread = None
    possibly_sensitive_appealable: Unread = None
    supplemental_language: Unread = None
    timestamp_ms: Unread = None
    metadata: _Metadata | None = None
    matching_rules: tuple[_Rule, ...] | None = None
    withheld_copyright: Unread = None
    withheld_in_countries: tuple[Unread, ...] | None = None


_decoded = msgspec.json.Decoder(_Status).decode


def read(payload: bytes, account: Account, now: Instant) -> list[Item] | None:
    """The one item of a plain status; None, or whatever exception, for everything else."""
    d = _decoded(payload)
    user = d.user
    external_id = numeric_id(d.id_str, "id")
    author_id = numeric_id(user.id_str, "user.id")
    published_at = platform_time(d.created_at, "created_at", now)
    raw = checked_text(d.text if d.full_text is None else d.full_text, "text")
    found = _found(raw, d.entities)
    if found is None:
        return None
    entities, named = found
    text, entities = x_text.plain(raw, entities)
    answered = d.in_reply_to_user_id_str or d.in_reply_to_user_id
    mentions = x_text.spoken_to(named, answered, d.in_reply_to_screen_name)
    given = (d.extended_entities.media if d.extended_entities else ()) or d.entities.media
    media = [medium for one in given[:PARTS_MAX] if (medium := _medium(one))] if given else []
    in_reply_to = conversation = ""
    if parent := d.in_reply_to_status_id_str or d.in_reply_to_status_id:
        in_reply_to = numeric_id(parent, "in_reply_to_status_id")
    if thread := d.conversation_id_str or d.conversation_id:
        conversation = numeric_id(thread, "conversation_id")
    handle = decoration(user.screen_name, 200)
    followers = count(user.followers_count)
    profile = x_v1.profile(user.location, user.description, user.url, user.verified, followers)
    personal = PersonalContent(
        text,
        Author("", author_id, handle, decoration(user.name, 200), profile),
        tuple(entities),
        tuple(media),
        None,
        external_id,
        "",
        conversation,
        in_reply_to,
    )
    is_placeless = d.place is None or d.geo is None or d.coordinates is None
    return [
        Observation(
            "",
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
            is_cut=(d.truncated is True and d.full_text is None) or _leads_to_itself(d, raw),
            location=Location.NONE if is_placeless else Location.UNTOLD,
            extent=extent_of(len(text), len(media)),
        )
    ]


def _found(text: str, given: _Entities) -> tuple[list[Entity], list[Mention]] | None:
    mentions = [
        (one.indices[0], one.indices[1], x_text.account_number(one.id_str or one.id), decoration(one.screen_name))
        for one in given.user_mentions
    ]
    others: list[tuple[int, int, int, str | None]] = []
    if given.hashtags or given.urls or given.symbols:
        others += [(post_pb2.ENTITY_KIND_HASHTAG, *tag.indices, tag.text) for tag in given.hashtags]
        others += [(post_pb2.ENTITY_KIND_LINK, *link.indices, link.expanded_url or link.url) for link in given.urls]
        others += [(post_pb2.ENTITY_KIND_CASHTAG, *tag.indices, tag.text) for tag in given.symbols]
    return x_text.placed(text, mentions, others)


def _leads_to_itself(d: _Status, text: str) -> bool:
    return x_text.ends_in_link(text) and x_text.leads_to(d.id_str, [link.expanded_url for link in d.entities.urls])


def _medium(given: _Medium) -> Media | None:
    uri = decoration(given.media_url_https or given.media_url)
    kind = x_text.MEDIA.get(given.type or "", post_pb2.MEDIA_KIND_FILE)
    return Media(kind, uri, decoration(given.ext_alt_text)) if uri else None
