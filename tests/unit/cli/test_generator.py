"""The demo's plan: the same for everybody, in the promised mix, in order, and readable where it should be."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest
from chassis.clock import from_datetime
from switchboard_cli.demo.brands import BRANDS, INDUSTRIES, Platform
from switchboard_cli.demo.generator import DAY, EXPECTED, MIX, Sort, generate

START = from_datetime(datetime(2026, 3, 2, tzinfo=UTC))
PLAN = generate(START, 2_000)
PLATFORMS = {brand.source_id: brand.platform for brand in BRANDS}


def test_the_same_seed_gives_the_same_bytes():
    assert generate(START, 300, seed=7) == generate(START, 300, seed=7)


def test_another_seed_gives_another_day():
    assert generate(START, 300, seed=7) != generate(START, 300, seed=8)


def test_the_mix_is_as_promised():
    counts = Counter(planned.sort for planned in PLAN)
    expected = {sort: round(2_000 * share) for sort, share in MIX.items()}
    assert counts == {**expected, Sort.FIRST: 2_000 - sum(expected.values())}
    assert set(EXPECTED) == set(Sort)


def test_deliveries_come_in_order_and_within_the_day():
    dues = [planned.due for planned in PLAN]
    assert dues == sorted(dues)
    assert dues[0] > START
    assert dues[-1] < START + DAY


def test_fifteen_brands_of_five_industries_take_part():
    assert len(BRANDS) == len({brand.account for brand in BRANDS}) == len({brand.source_id for brand in BRANDS}) == 15
    assert Counter(brand.industry for brand in BRANDS) == dict.fromkeys((industry.key for industry in INDUSTRIES), 3)
    assert {planned.source_id for planned in PLAN} == set(PLATFORMS)
    assert sum(industry.share for industry in INDUSTRIES) == pytest.approx(1)


def test_redeliveries_repeat_bytes_that_came_before():
    seen: set[bytes] = set()
    for planned in PLAN:
        if planned.sort is Sort.REDELIVERY:
            assert planned.payload in seen
        seen.add(planned.payload)


def test_no_two_broken_payloads_are_the_same_bytes():
    broken = [planned.payload for planned in PLAN if planned.sort is Sort.MALFORMED]
    assert len(set(broken)) == len(broken) == 20


def ids(planned) -> list[str]:
    document = json.loads(planned.payload)
    match PLATFORMS[planned.source_id]:
        case Platform.WEIBO:
            return [document["idstr"]]
        case Platform.X_V1 if "delete" in document:
            return [document["delete"]["status"]["id_str"]]
        case Platform.X_V1:
            return document.get("edit_history", {}).get("edit_tweet_ids", [document["id_str"]])
        case Platform.X_V2 if "delete" in document["data"]:
            return [document["data"]["delete"]["tweet"]["id"]]
        case _:
            return document["data"]["edit_history_tweet_ids"]


def test_edits_and_deletions_name_posts_that_came_before_and_each_post_has_one_fate():
    fates = defaultdict(list)
    known = set()
    for planned in PLAN:
        if planned.sort in (Sort.FIRST, Sort.FOLLOW_UP, Sort.COMMENT, Sort.ECHO):
            (number,) = ids(planned)
            assert number not in known
            known.add(number)
        elif planned.sort in (Sort.EDIT, Sort.DELETION, Sort.REDELIVERY):
            assert ids(planned)[0] in known
            fates[ids(planned)[0]].append(planned.sort)
    assert all(len(fate) == 1 for fate in fates.values())


def test_comments_stand_in_the_thread_of_an_earlier_post():
    known = set()
    for planned in PLAN:
        if planned.sort in (Sort.FOLLOW_UP, Sort.COMMENT):
            document = json.loads(planned.payload)
            match PLATFORMS[planned.source_id]:
                case Platform.WEIBO:
                    assert document["status"]["idstr"] in known
                case Platform.X_V1:
                    assert document["in_reply_to_status_id_str"] in known
                case Platform.X_V2:
                    assert document["data"]["referenced_tweets"][0]["id"] in known
        elif planned.sort is Sort.FIRST:
            known.update(ids(planned))
