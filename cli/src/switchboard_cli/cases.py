"""`switchboard cases`: a list, or one case with its history. It knows how to print cases, not what they mean."""

from typing import TYPE_CHECKING

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option

if TYPE_CHECKING:
    from switchboard.routing.v1.service_pb2 import Case, CaseEvent


@click.command()
@click.argument("case", required=False)
@tenant_option
@click.option(
    "--filter", "conditions", default="", metavar="EXPRESSION", help="Such as 'state = QUEUED AND queue = airlines'."
)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@json_option
@reaches
@asynchronous
async def cases(*, case: str | None, tenant: str, conditions: str, limit: int, as_json: bool, targets: Targets) -> None:
    """List the newest cases, or show CASE (its id) with every fact of its history."""
    if case is None:
        await _list(tenant, conditions, limit, as_json=as_json, targets=targets)
    else:
        await _one(tenant, case, as_json=as_json, targets=targets)


async def _list(tenant: str, conditions: str, limit: int, *, as_json: bool, targets: Targets) -> None:
    from switchboard.routing.v1.service_pb2 import ListCasesRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document
    from switchboard_cli.output import console, print_json

    request = ListCasesRequest(parent=f"tenants/{tenant}", filter=conditions, page_size=limit)
    async with calling(targets, "routing", act="to list cases") as channel:
        answer = await RoutingServiceStub(channel).ListCases(request, timeout=targets.timeout_s)
    if as_json:
        print_json([document(found) for found in answer.cases])
    elif not answer.cases:
        console().print(f"no such cases in tenant {tenant}", style="quiet")
    else:
        _print(list(answer.cases))


def _print(found: list["Case"]) -> None:
    from switchboard.routing.v1.service_pb2 import CaseState

    from switchboard_cli.names import moment, short, word
    from switchboard_cli.output import console, table

    shown = table(
        "case", "state", "queue", "agent", "lang", "posts", "episode", "opened (UTC)", "due (UTC)", right=(5, 6)
    )
    for case in found:
        shown.add_row(
            short(case.name),
            word(CaseState, case.state, "CASE_STATE_"),
            short(case.queue) or "–",
            short(case.agent) or "–",
            case.language,
            str(case.post_count),
            str(case.episode),
            moment(case, "opened_at"),
            moment(case, "due_at"),
        )
    console().print(shown)


async def _one(tenant: str, case: str, *, as_json: bool, targets: Targets) -> None:
    from switchboard.routing.v1.service_pb2 import GetCaseRequest, ListCaseEventsRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document, full
    from switchboard_cli.output import print_json

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
    _print_history(history)


def _fact(fact: "CaseEvent") -> dict[str, object]:
    from switchboard_cli.cloudevents import body_of
    from switchboard_cli.names import moment, short

    return {
        "position": fact.position,
        "at": moment(fact.event, "occurred_at"),
        "type": short(fact.type.replace(".", "/")),
        "actor": fact.event.actor,
        "data": body_of(fact.event.body),
    }


QUIET_FIELDS = frozenset({"case_id", "at", "post_id", "offer_id", "identity_id", "thread_keys", "text", "reply_id"})
"""Ids and sealed values: in the JSON, not on the screen."""


def _print_history(history: list["CaseEvent"]) -> None:
    from switchboard_cli.output import console, table

    shown = table("at (UTC)", "fact", "who", "what")
    for fact in map(_fact, history):
        data = fact["data"]
        said = data.items() if isinstance(data, dict) else ()
        what = ", ".join(f"{key} {_brief(value)}" for key, value in said if key not in QUIET_FIELDS)
        shown.add_row(str(fact["at"]), str(fact["type"]), str(fact["actor"]) or "–", what)
    console().print(shown)


def _brief(value: object) -> str:
    if isinstance(value, list):
        return " ".join(_brief(item) for item in value)
    if isinstance(value, dict):
        return " ".join(str(item) for item in value.values())
    return str(value)
