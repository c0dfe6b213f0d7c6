"""What X writes in a text and attaches to it: given any of its forms, then the whole text and what is in it."""

import json
from typing import Any

import pytest
from chassis.clock import MICROS, Instant
from hypothesis import given
from hypothesis import strategies as st
from ingest import channels
from ingest.normalise import Account, Flaw, Item, Observation
from opened_content import content_of
from switchboard.ingest.v1 import post_pb2

NOW = Instant(1_790_000_000 * MICROS)
ACME = Account("x", "", frozenset({"acme", "99"}))
USER = {"id": 7, "id_str": "7", "screen_name": "mia", "name": "Mia"}
CREATED = "Wed Oct 08 20:19:24 +0000 2025"
WHOLE = "@acme " + "the dryer is loud and hot " * 12 + "#dryer"
CUT = f"{WHOLE[:116]}… https://t.co/AbC123"
SELF = {"url": "https://t.co/AbC123", "expanded_url": "https://x.com/i/web/status/5", "indices": [118, 137]}
IMAGE, VIDEO = post_pb2.MEDIA_KIND_IMAGE, post_pb2.MEDIA_KIND_VIDEO


def read(document: object) -> list[Item]:
    return channels.read(json.dumps(document).encode(), "", ACME, NOW)


def only(document: object) -> Observation:
    (item,) = read(document)
    assert isinstance(item, Observation), item
    return item


def content(document: object) -> post_pb2.PersonalContent:
    return content_of(only(document).personal)


def status(**more: Any) -> dict[str, Any]:
    return {
        "id": 5,
        "created_at": CREATED,
        "user": USER,
        **({"text": "hello"} if "full_text" not in more else {}),
        **more,
    }


def tweet(includes: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    data = {"id": "5", "author_id": "7", "created_at": "2025-10-08T20:19:24.000Z", "text": "hello", **more}
    return {"data": data, "includes": includes or {}}


@pytest.mark.parametrize(
    ("document", "text", "is_cut"),
    [
        pytest.param(status(text=CUT, truncated=True), CUT, True, id="compatibility form"),
        pytest.param(
            status(text=CUT, truncated=True, extended_tweet={"full_text": WHOLE}), WHOLE, False, id="extended_tweet"
        ),
        pytest.param(status(full_text=WHOLE, truncated=False), WHOLE, False, id="full_text"),
        pytest.param(
            status(full_text=CUT, truncated=False, entities={"urls": [SELF]}), CUT, True, id="full_text of a note"
        ),
        pytest.param(
            status(full_text=CUT, note_tweet={"note_tweet_results": {"result": {"text": WHOLE, "entity_set": {}}}}),
            WHOLE,
            False,
            id="a note beside its beginning",
        ),
        pytest.param(tweet(text=CUT), CUT, True, id="v2 without note_tweet"),
        pytest.param(tweet(text=CUT, entities={"urls": [SELF]}), CUT, True, id="v2 that links to itself"),
        pytest.param(tweet(text=CUT, note_tweet={"text": WHOLE}), WHOLE, False, id="v2 note_tweet"),
        pytest.param(
            status(text="look… https://t.co/pic", truncated=False, entities={"urls": []}),
            "look… https://t.co/pic",
            False,
            id="an ellipsis before a picture is the author's",
        ),
        pytest.param(
            status(
                text="look… https://t.co/AbC123",
                entities={"urls": [{**SELF, "expanded_url": "https://x.com/i/web/status/4"}]},
            ),
            "look… https://t.co/AbC123",
            False,
            id="a link to another post is the author's",
        ),
    ],
)
def test_the_whole_text_is_read_and_a_cut_one_is_known_as_cut(document: object, text: str, is_cut: bool) -> None:
    assert (content(document).text, only(document).is_cut) == (text, is_cut)


def test_whichever_form_brings_the_whole_text_it_is_the_same_content() -> None:
    forms = [
        status(text=CUT, truncated=True, extended_tweet={"full_text": WHOLE}),
        status(full_text=WHOLE),
        tweet(text=CUT, note_tweet={"text": WHOLE}),
    ]
    assert len({only(form).digested for form in forms}) == 1


ORIGINAL = status(id=4, text=f"{WHOLE} &amp; more", entities={"hashtags": [{"text": "dryer", "indices": [318, 324]}]})


@pytest.mark.parametrize(
    ("document", "text", "is_cut"),
    [
        pytest.param(
            status(text=f"RT @olek: {WHOLE[:120]}…", retweeted_status=ORIGINAL),
            f"RT @olek: {WHOLE} & more",
            False,
            id="v1.1",
        ),
        pytest.param(
            status(
                full_text=f"RT @olek: {WHOLE[:120]}…",
                retweeted_status={**ORIGINAL, "text": CUT, "truncated": True, "extended_tweet": {"full_text": WHOLE}},
            ),
            f"RT @olek: {WHOLE}",
            False,
            id="v1.1 with the original in two lengths",
        ),
        pytest.param(
            status(text=f"RT @olek: {WHOLE[:120]}…", retweeted_status={**ORIGINAL, "text": CUT, "truncated": True}),
            f"RT @olek: {CUT}",
            True,
            id="the original is cut too",
        ),
        pytest.param(
            status(text=f"RT @olek: {WHOLE[:120]}…", retweeted_status={"id": 4}),
            f"RT @olek: {WHOLE[:120]}…",
            True,
            id="the original has no text",
        ),
        pytest.param(
            tweet(
                {"tweets": [{"id": "4", "text": CUT, "note_tweet": {"text": WHOLE}}]},
                text=f"RT @olek: {WHOLE[:120]}…",
                referenced_tweets=[{"type": "retweeted", "id": "4"}],
            ),
            f"RT @olek: {WHOLE}",
            False,
            id="v2 with the original included",
        ),
        pytest.param(
            tweet(text=f"RT @olek: {WHOLE[:120]}…", referenced_tweets=[{"type": "retweeted", "id": "4"}]),
            f"RT @olek: {WHOLE[:120]}…",
            True,
            id="v2 without it",
        ),
    ],
)
def test_a_repost_s_text_is_the_whole_original_s(document: object, text: str, is_cut: bool) -> None:
    assert (content(document).text, only(document).is_cut) == (text, is_cut)


def test_what_a_repost_s_text_contains_stands_where_it_is_read() -> None:
    post = content(status(text=f"RT @olek: {WHOLE[:120]}…", retweeted_status=ORIGINAL))
    assert [post.text[e.start : e.end] for e in post.entities] == ["@olek", "#dryer"]


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        pytest.param("@acmeさん、荷物が届きません", ["acme"], id="before Japanese"),
        pytest.param("@acme你好 我的包裹呢", ["acme"], id="before Chinese"),
        pytest.param("你好@acme", ["acme"], id="behind Chinese"),
        pytest.param("＠acme 荷物", ["acme"], id="a wide at sign"),
        pytest.param("@acme's parcel, @Acme_Help: hi", ["acme", "Acme_Help"], id="before punctuation"),
        pytest.param("RT@acme: hi", ["acme"], id="behind RT"),
        pytest.param("mia@acme.example", [], id="an address of mail"),
        pytest.param("@acme@social.example", [], id="an account of another network"),
        pytest.param("@" + "a" * 21, [], id="longer than a handle"),
        pytest.param("@acmé", [], id="an accented letter"),
        pytest.param("@ acme", [], id="nothing behind the sign"),
    ],
)
def test_a_handle_ends_where_x_ends_it(text: str, handles: list[str]) -> None:
    post = content(tweet(text=text))
    assert [e.value for e in post.entities if e.kind == post_pb2.ENTITY_KIND_MENTION] == handles
    assert all(post.text[e.start + 1 : e.end] == e.value for e in post.entities)


@pytest.mark.parametrize("text", ["@acmeさん、荷物が届きません", "@acme你好 我的包裹呢"])
def test_a_post_that_names_an_owned_account_before_other_script_is_a_mention(text: str) -> None:
    assert only(tweet(text=text)).kind == post_pb2.POST_KIND_MENTION


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("見て https://t.co/AbC123。すごい", ["https://t.co/AbC123"], id="a link before Japanese"),
        pytest.param("(https://example.org/a_(b)).", ["https://example.org/a_(b"], id="a link in brackets"),
        pytest.param("#สวัสดี ครับ", ["สวัสดี"], id="a tag with vowel signs"),
        pytest.param("買#buy", [], id="a tag inside a word"),
        pytest.param("#buy#now #2026 #4ever", ["4ever"], id="tags that run together, and a number"),
        pytest.param("$ACME fell", ["ACME"], id="a cashtag"),
    ],
)
def test_what_stands_in_a_text_is_read_off_it(text: str, found: list[str]) -> None:
    assert [e.value for e in content(tweet(text=text)).entities] == found


PIECES = st.lists(
    st.one_of(
        st.sampled_from(["👍🏽", "𠮷野家", "&amp;", "&lt;3", " ", "ok", "é"]).map(lambda piece: ("", piece)),
        st.sampled_from([("@", "acme"), ("@", "mia_1"), ("#", "späti"), ("#", "𠮷")]),
    ),
    min_size=1,
    max_size=12,
)


@given(PIECES, st.sampled_from(["code points", "UTF-16"]), st.sampled_from(["v1.1", "v2"]))
def test_offsets_in_either_unit_become_code_points(pieces: list[tuple[str, str]], unit: str, form: str) -> None:
    text = ""
    found: dict[str, list[dict[str, Any]]] = {"@": [], "#": []}
    for sigil, name in pieces:
        written = f"{sigil}{name} "
        if sigil:
            span = [len(text), len(text) + len(written) - 1]
            if unit == "UTF-16":
                span = [len(text[:at].encode("utf-16-le")) // 2 for at in span[:1]]
                span.append(span[0] + len(written[:-1].encode("utf-16-le")) // 2)
            found[sigil].append({"name": name, "span": span})
        text += written
    if form == "v1.1":
        mentions = [{"screen_name": e["name"], "indices": e["span"]} for e in found["@"]]
        tags = [{"text": e["name"], "indices": e["span"]} for e in found["#"]]
        post = content(status(text=text, entities={"user_mentions": mentions, "hashtags": tags}))
    else:
        mentions = [{"username": e["name"], "start": e["span"][0], "end": e["span"][1]} for e in found["@"]]
        tags = [{"tag": e["name"], "start": e["span"][0], "end": e["span"][1]} for e in found["#"]]
        post = content(tweet(text=text, entities={"mentions": mentions, "hashtags": tags}))
    named = [f"{sigil}{e['name']}" for sigil in "@#" for e in found[sigil]]
    assert [post.text[e.start : e.end] for e in post.entities] == named


ALT = "a torn box"
PHOTO = {"type": "photo", "media_url_https": "https://media.example/1.jpg", "ext_alt_text": ALT}


def message(data: dict[str, Any]) -> dict[str, Any]:
    created = {"sender_id": "7", "target": {"recipient_id": "99"}, "message_data": data}
    event = {"type": "message_create", "id": "11", "created_timestamp": "1759954764123", "message_create": created}
    return {"for_user_id": "99", "direct_message_events": [event], "users": {"7": {"id": "7", "screen_name": "mia"}}}


def message_v2(media: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "data": [
            {
                "event_type": "MessageCreate",
                "id": "12",
                "sender_id": "7",
                "dm_conversation_id": "7-99",
                "created_at": "2025-10-08T20:19:24.000Z",
                "attachments": {"media_keys": ["3_1"]},
                **more,
            }
        ],
        "includes": {"media": [{"media_key": "3_1", **media}]},
    }


@pytest.mark.parametrize(
    ("document", "text", "kind", "alt_text"),
    [
        pytest.param(
            message({"text": "", "attachment": {"media": PHOTO}}),
            "",
            IMAGE,
            ALT,
            id="v1.1 picture",
        ),
        pytest.param(message({"attachment": {"media": PHOTO}}), "", IMAGE, ALT, id="v1.1 no text"),
        pytest.param(
            message({"text": "torn &amp; wet", "attachment": {"type": "media", "media": {**PHOTO, "type": "video"}}}),
            "torn & wet",
            VIDEO,
            ALT,
            id="v1.1 text and video",
        ),
        pytest.param(
            message_v2({"type": "photo", "url": "https://media.example/2.jpg"}), "", IMAGE, "", id="v2 picture"
        ),
        pytest.param(
            message_v2(
                {"type": "animated_gif", "preview_image_url": "https://media.example/3.jpg", "alt_text": "it spins"},
                text="look",
            ),
            "look",
            VIDEO,
            "it spins",
            id="v2 text and gif",
        ),
        pytest.param(
            {
                "direct_message": {
                    "id": 13,
                    "sender_id": 7,
                    "recipient_id": 99,
                    "created_at": CREATED,
                    "text": "look",
                    "entities": {"media": [PHOTO]},
                }
            },
            "look",
            IMAGE,
            ALT,
            id="a message before there were events",
        ),
    ],
)
def test_a_message_keeps_its_picture(document: object, text: str, kind: int, alt_text: str) -> None:
    post = content(document)
    assert (post.text, [(m.kind, m.alt_text) for m in post.media]) == (text, [(kind, alt_text)])


def test_two_messages_that_are_pictures_are_two_contents() -> None:
    one = only(message({"text": "", "attachment": {"media": PHOTO}}))
    other = only(
        message({"text": "", "attachment": {"media": {**PHOTO, "media_url_https": "https://media.example/9.jpg"}}})
    )
    assert one.digested != other.digested


def test_a_message_without_text_or_attachment_is_none() -> None:
    (item,) = read(message({}))
    assert isinstance(item, Flaw)


def test_a_picture_is_kept_where_the_text_has_no_entities() -> None:
    assert [m.kind for m in content(status(extended_entities={"media": [PHOTO]})).media] == [IMAGE]


A, B, C = "1975000000000000000", "1975000004194304000", "1975000008388608000"


@pytest.mark.parametrize(
    ("more", "number", "alias_ids"),
    [
        pytest.param({"edit_history": {"edit_tweet_ids": [A]}}, 0, (), id="never edited"),
        pytest.param({"edit_history": {"initial_tweet_id": A, "edit_tweet_ids": [A, B]}}, 0, (B,), id="the first"),
        pytest.param({"id_str": B, "edit_history": {"edit_tweet_ids": [A, B, C]}}, 1_000, (B, C), id="in the middle"),
        pytest.param({"id_str": C, "edit_history": {"edit_tweet_ids": [C, B, A]}}, 2_000, (B, C), id="newest first"),
        pytest.param({"id_str": B, "edit_history": {"initial_tweet_id": A}}, 1_000, (B,), id="only the first is named"),
        pytest.param({"id_str": C, "edit_history": {"initial_tweet_id": A}}, 2_000, (C,), id="its own number is known"),
        pytest.param({"id_str": B, "edit_control": {"edit_tweet_ids": [A, B]}}, 1_000, (B,), id="edit_control"),
        pytest.param(
            {
                "id_str": B,
                "edit_control": {"initial_tweet_id": A, "edit_control_initial": {"edit_tweet_ids": [A, B, C]}},
            },
            1_000,
            (B, C),
            id="edit_control of a later version",
        ),
        pytest.param(
            {"id_str": B, "edit_controls": {"edit": {"initial_tweet_id": A}}},
            1_000,
            (B,),
            id="edit_controls",
        ),
        pytest.param({"id_str": B, "edit_history_tweet_ids": [A, B]}, 1_000, (B,), id="as v2 says it"),
    ],
)
def test_every_version_is_the_post_of_the_first_id(
    more: dict[str, Any], number: int, alias_ids: tuple[str, ...]
) -> None:
    post = only(status(**{"id_str": A, **more}))
    assert (post.external_id, post.platform_revision, post.alias_ids) == (A, number, alias_ids)
    assert (post.edited_at is None) is (number == 0)
