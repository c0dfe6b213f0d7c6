"""`switchboard cases`: a list, or one case with its history. It knows how to print cases, not what they mean."""

from typing import TYPE_CHECKING

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option

if TYPE_CHECKING:
    from switchboard.routing.v1.service_pb2 import Case, CaseEvent, UnattributedPost


@click.command()
@click.argument("case", required=False)
@tenant_option
@click.option(
    "--filter", "conditions", default="", metavar="EXPRESSION", help="Such as 'state = QUEUED AND queue = airlines'."
)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@click.option("--unattributed", is_flag=True, help="List posts of ours that answer nobody instead.")
@json_option
@reaches
@asynchronous
async def cases(
    *, case: str | None, tenant: str, conditions: str, limit: int, unattributed: bool, as_json: bool, targets: Targets
) -> None:
    """List the newest cases, or show CASE (its id) with every fact of its history."""
    if unattributed and (case is not None or conditions):
        raise click.UsageError("--unattributed lists posts, which are of no case: leave CASE and --filter out")
    if unattributed:
        await _unattributed(tenant, limit, as_json=as_json, targets=targets)
    elif case is None:
        await _list(tenant, conditions, limit, as_json=as_json, targets=targets)
    else:
        await _one(tenant, case, as_json=as_json, targets=targets)


async def _list(tenant: str, conditions: str, limit: int, *, as_json: bool, targets: Targets) -> None:
    from switchboard.routing.v1.service_pb2 import ListCasesRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document
    from switchboard_cli.output import console, print_json, say_cut
    from switchboard_cli.paging import first

    request = ListCasesRequest(parent=f"tenants/{tenant}", filter=conditions)
    async with calling(targets, "routing", act="to list cases") as channel:
        page = await first(RoutingServiceStub(channel).ListCases, request, "cases", limit, targets.timeout_s)
    if as_json:
        print_json([document(found) for found in page.items])
    elif not page.items:
        console().print(f"no such cases in tenant {tenant}", style="quiet")
    else:
        _print(page.items)
    say_cut(page, "cases")


def _print(found: list["Case"]) -> None:
    from switchboard.routing.v1.service_pb2 import CaseState

    from switchboard_cli.names import moment, short, word
    from switchboard_cli.output import console, table

    shown = table(
        "case", "state", "queue", "posts", "agent", "due (UTC)", "opened (UTC)", "lang", "episode",
        right=(3, 8), whole=(0, 5, 6),
    )  # fmt: skip
    for case in found:
        shown.add_row(
            short(case.name),
            word(CaseState, case.state, "CASE_STATE_"),
            short(case.queue) or "–",
            str(case.post_count),
            short(case.agent) or "–",
            moment(case, "due_at"),
            moment(case, "opened_at"),
            case.language,
            str(case.episode),
        )
    console().print(shown)


async def _unattributed(tenant: str, limit: int, *, as_json: bool, targets: Targets) -> None:
    from switchboard.routing.v1.service_pb2 import ListUnattributedPostsRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document
    from switchboard_cli.output import console, print_json, say_cut
    from switchboard_cli.paging import first

    request = ListUnattributedPostsRequest(parent=f"tenants/{tenant}")
    async with calling(targets, "routing", act="to list posts that answer nobody") as channel:
        ask = RoutingServiceStub(channel).ListUnattributedPosts
        page = await first(ask, request, "unattributed_posts", limit, targets.timeout_s)
    if as_json:
        print_json([document(found) for found in page.items])
    elif not page.items:
        console().print(f"no post of ours answers nobody in tenant {tenant}", style="quiet")
    else:
        _print_unattributed(page.items)
    say_cut(page, "posts")


def _print_unattributed(found: list["UnattributedPost"]) -> None:
    from switchboard_cli.names import moment, short
    from switchboard_cli.output import console, table

    shown = table("post", "desk", "published (UTC)", "answers", whole=(0, 2))
    for one in found:
        shown.add_row(short(one.post), one.desk, moment(one, "published_at"), short(one.in_reply_to) or "–")
    console().print(shown)


async def _one(tenant: str, case: str, *, as_json: bool, targets: Targets) -> None:
    from switchboard.routing.v1.service_pb2 import CaseState, GetCaseRequest, ListCaseEventsRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.escalate import escalation_of
    from switchboard_cli.interruptions import interruption_of
    from switchboard_cli.joins import joins_of
    from switchboard_cli.names import document, full, word
    from switchboard_cli.output import console, print_json
    from switchboard_cli.tasks import tasks_of

    name = full(tenant, "cases", case)
    async with calling(targets, "routing", act=f"to show case {case}") as channel:
        stub = RoutingServiceStub(channel)
        found = (await stub.GetCase(GetCaseRequest(name=name), timeout=targets.timeout_s)).case
        history: list[CaseEvent] = []
        token = ""
        while True:
            request = ListCaseEventsRequest(parent=name, page_size=1000, page_token=token)
            page = await stub.ListCaseEvents(request, timeout=targets.timeout_s)
            history += page.case_events
            token = page.next_page_token
            if not token:
                break
    if as_json:
        print_json({"case": document(found), "events": [_fact(fact) for fact in history]})
        return
    _print([found])
    more = joins_of(found) + tasks_of(found) + escalation_of(found) + interruption_of(found)
    if more:
        console().print(f"case {case} is {word(CaseState, found.state, 'CASE_STATE_')}{more}", style="head")
    _print_history(history)


def _fact(fact: "CaseEvent") -> dict[str, object]:
    from switchboard_cli.cloudevents import body_of
    from switchboard_cli.names import short

    return {
        "position": fact.position,
        "at": fact.event.occurred_at.ToJsonString(),
        "type": short(fact.type.replace(".", "/")),
        "actor": fact.event.actor,
        "data": body_of(fact.event.body),
    }


QUIET_FIELDS = frozenset({"case_id", "at", "post_id", "offer_id", "identity_id", "thread_keys", "text", "reply_id"})
"""Ids and sealed values: in the JSON, not on the screen."""


def _print_history(history: list["CaseEvent"]) -> None:
    from switchboard_cli.names import moment
    from switchboard_cli.output import console, table

    shown = table("at (UTC)", "fact", "who", "what", whole=(0,))
    for event in history:
        fact = _fact(event)
        data = fact["data"]
        said = data.items() if isinstance(data, dict) else ()
        what = ", ".join(f"{key} {_brief(value)}" for key, value in said if key not in QUIET_FIELDS)
        shown.add_row(moment(event.event, "occurred_at"), str(fact["type"]), str(fact["actor"]) or "–", what)
    console().print(shown)


def _brief(value: object) -> str:
    if isinstance(value, list):
        return " ".join(_brief(item) for item in value)
    if isinstance(value, dict):
        return " ".join(str(item) for item in value.values())
    return str(value)
