"""Whom the demo tells of: a customer on two channels, a few posts to trace. Chosen from the plan alone."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from chassis.clock import Instant

from switchboard_cli.demo.brands import BRANDS, GOVERNMENT, Platform
from switchboard_cli.demo.day import START, after
from switchboard_cli.demo.generator import Planned, Sort

POSTS_MAX = 3
"""Of somebody whose every value fits the screen."""

_BRANDS = {brand.source_id: brand for brand in BRANDS}


@dataclass(frozen=True, slots=True)
class Lead:
    """A customer with an account on Weibo who moved during the day, and one on X."""

    weibo_account: str
    x_account: str
    email: str = "moon.over.tannery@mail.example"
    member_id: str = "KL-204481"


def choose_lead(plan: Sequence[Planned]) -> Lead:
    """Of the accounts with few posts, on Weibo one that named the most different places, on X one with most posts."""
    places: defaultdict[str, set[str]] = defaultdict(set)
    weibo_posts: Counter[str] = Counter()
    x_posts: Counter[str] = Counter()
    for planned in plan:
        if planned.sort is not Sort.FIRST:
            continue
        document = json.loads(planned.payload)
        match _BRANDS[planned.source_id].platform:
            case Platform.WEIBO:
                user = document["user"]
                places[user["idstr"]].add(user["location"])
                weibo_posts[user["idstr"]] += 1
            case Platform.X_V1:
                x_posts[document["user"]["id_str"]] += 1
            case Platform.X_V2:
                x_posts[document["data"]["author_id"]] += 1
    few = [account for account, posts in weibo_posts.items() if posts <= POSTS_MAX]
    weibo = max(few, key=lambda account: (len(places[account]), weibo_posts[account], account))
    x = max(x_posts, key=lambda account: (x_posts[account] <= POSTS_MAX, x_posts[account], account))
    return Lead(weibo, x)


def choose_told(plan: Sequence[Planned], number: int = 4) -> list[int]:
    """Indexes of first posts to the best-staffed desk, an hour apart from 09:30 on; each is told as a trace."""
    told: list[int] = []
    at: Instant = after(START, hours=1.5)
    for index, planned in enumerate(plan):
        if len(told) == number:
            break
        industry = _BRANDS[planned.source_id].industry
        if planned.due >= at and planned.sort is Sort.FIRST and industry == GOVERNMENT:
            told.append(index)
            at = after(planned.due, hours=1)
    return told
