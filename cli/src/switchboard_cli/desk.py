"""`switchboard desk`: what an agent has beside a case: its page, drafts, who else looks. It only asks."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option
from switchboard_cli.output import Group

if TYPE_CHECKING:
    from rich.console import Console
    from switchboard.routing.v1.desk_pb2 import Draft, GetCaseContextResponse, GoodwillStanding

agent_option = click.option("--agent", required=True, metavar="ID", help="Who sits there.")
PAGE_WIDTH = 80
"""Columns of a case's page where nobody looks at it in a terminal."""


@click.group(cls=Group)
def desk() -> None:
    """Show all there is beside a case, keep drafts, and see who else looks at it."""


@desk.command()
@click.argument("case_id", metavar="CASE")
@tenant_option
@click.option("--agent", default="", metavar="ID", help="Whose limits of goodwill; without it, of who has it.")
@click.option("--question", default="", metavar="WORDS", help="What the customer asks: suggestions are ranked by it.")
@json_option
@reaches
@asynchronous
async def show(*, case_id: str, tenant: str, agent: str, question: str, as_json: bool, targets: Targets) -> None:
    """Show CASE (its id) with its posts, notes, drafts, its customer's other cases, and what could be answered."""
    from switchboard.routing.v1.desk_pb2 import GetCaseContextRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import document, full, short
    from switchboard_cli.output import console, print_json

    who = full(tenant, "agents", agent) if agent else ""
    request = GetCaseContextRequest(name=full(tenant, "cases", case_id), agent=who, question=question)
    async with calling(targets, "routing", act=f"to show case {short(request.name)}") as channel:
        found = await DeskServiceStub(channel).GetCaseContext(request, timeout=targets.timeout_s)
    if as_json:
        print_json(document(found))
    else:
        print_page(console(plain_width=PAGE_WIDTH), found)


@desk.command()
@click.argument("case_id", metavar="CASE")
@tenant_option
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@json_option
@reaches
@asynchronous
async def drafts(*, case_id: str, tenant: str, limit: int, as_json: bool, targets: Targets) -> None:
    """List what is being written in CASE and was not sent yet."""
    from switchboard.routing.v1.desk_pb2 import ListDraftsRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import document, full, short
    from switchboard_cli.output import console, print_json, say_cut
    from switchboard_cli.paging import first

    request = ListDraftsRequest(parent=full(tenant, "cases", case_id))
    async with calling(targets, "routing", act=f"to list drafts of case {short(request.parent)}") as channel:
        page = await first(DeskServiceStub(channel).ListDrafts, request, "drafts", limit, targets.timeout_s)
    if as_json:
        print_json([document(draft) for draft in page.items])
    elif not page.items:
        console().print(f"nobody has a draft in case {short(request.parent)}", style="quiet")
    else:
        _print_block(console(plain_width=PAGE_WIDTH), "Drafts", [_draft(draft) for draft in page.items])
    say_cut(page, "drafts")


@desk.command()
@click.argument("case_id", metavar="CASE")
@click.argument("text")
@tenant_option
@agent_option
@reaches
@asynchronous
async def save(*, case_id: str, text: str, tenant: str, agent: str, targets: Targets) -> None:
    """Keep TEXT as what the agent is writing in CASE, instead of what was kept before."""
    import uuid

    from switchboard.routing.v1.desk_pb2 import SaveDraftRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import full, short
    from switchboard_cli.output import console

    name, who = full(tenant, "cases", case_id), full(tenant, "agents", agent)
    request = SaveDraftRequest(name=name, agent=who, text=text, request_id=str(uuid.uuid4()))
    async with calling(targets, "routing", act=f"to keep a draft in case {short(name)}") as channel:
        await DeskServiceStub(channel).SaveDraft(request, timeout=targets.timeout_s)
    console().print(f"the draft of {short(who)} in case {short(name)} is kept")


@desk.command()
@click.argument("case_id", metavar="CASE")
@tenant_option
@agent_option
@reaches
@asynchronous
async def discard(*, case_id: str, tenant: str, agent: str, targets: Targets) -> None:
    """Throw away what the agent was writing in CASE."""
    import uuid

    from switchboard.routing.v1.desk_pb2 import DeleteDraftRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import full, short
    from switchboard_cli.output import console

    name, who = full(tenant, "cases", case_id), short(full(tenant, "agents", agent))
    request = DeleteDraftRequest(name=f"{name}/drafts/{who}", request_id=str(uuid.uuid4()))
    async with calling(targets, "routing", act=f"to throw a draft in case {short(name)} away") as channel:
        await DeskServiceStub(channel).DeleteDraft(request, timeout=targets.timeout_s)
    console().print(f"{who} has no draft in case {short(name)}")


@desk.command()
@click.argument("case_id", metavar="CASE")
@tenant_option
@agent_option
@json_option
@reaches
@asynchronous
async def look(*, case_id: str, tenant: str, agent: str, as_json: bool, targets: Targets) -> None:
    """Look at CASE, as others see, and say who else looks, writes and leaves; Ctrl-C leaves."""
    from switchboard.routing.v1.desk_pb2 import ViewCaseRequest, Viewing
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import document, full, short
    from switchboard_cli.output import console, print_json

    says = {
        Viewing.VIEWING_PRESENT: "looks at it too",
        Viewing.VIEWING_TYPING: "is writing",
        Viewing.VIEWING_LEFT: "has left",
    }
    request = ViewCaseRequest(name=full(tenant, "cases", case_id), agent=full(tenant, "agents", agent))
    screen, begun = console(), False
    async with calling(targets, "routing", act=f"to look at case {short(request.name)}") as channel:
        async for news in DeskServiceStub(channel).ViewCase(request):
            if not begun and not as_json:
                screen.print(f"{short(request.agent)} looks at case {short(request.name)}", style="quiet")
            begun = True
            if news.agent and as_json:
                print_json(document(news))
            elif news.agent:
                screen.print(f"{short(news.agent)} {says.get(news.viewing, 'is there')}")


def print_page(screen: "Console", found: "GetCaseContextResponse") -> None:
    """All of it, in the order in which somebody who opens the case needs it; what there is none of is left out."""
    from rich.text import Text
    from switchboard.ingest.v1.post_pb2 import DIRECTION_INBOUND
    from switchboard.routing.v1.service_pb2 import CaseState

    from switchboard_cli.names import moment, short, word
    from switchboard_cli.output import duration
    from switchboard_cli.tables import printable

    case = found.case
    screen.print(Text(printable(found.summary), "head"))
    told = [f"channel {case.channel or 'none'}, language {case.language}, episode {case.episode}"]
    if case.identity:
        told.append(f"customer {short(case.identity)}")
    if case.HasField("due_at"):
        told.append(f"the first response is due at {moment(case, 'due_at')} UTC")
    if found.HasField("expected_wait"):
        told.append(f"will wait for about {duration(found.expected_wait.duration_s)}, at place {found.rank} in line")
    told += _allowance(found)
    told.append(f"etag {case.etag}")
    _print_block(screen, "Case", told)
    sides = [(post, "customer" if post.direction == DIRECTION_INBOUND else "ours") for post in found.case_posts]
    posts = [f"{moment(post, 'published_at')}  {side}  {short(post.post)}" for post, side in sides]
    _print_block(screen, "Posts", [*posts, *(["and more"] if found.next_post_page_token else [])])
    notes = [f"{moment(note, 'noted_at')}  {short(note.agent)}: {note.text or '(unreadable)'}" for note in found.notes]
    _print_block(screen, "Notes", notes)
    _print_block(screen, "Drafts", [_draft(draft) for draft in found.drafts])
    suggested = [f"{short(one.agent)}, told {one.customers} customers: {one.text}" for one in found.suggested_answers]
    _print_block(screen, "Suggested answers", suggested)
    _print_block(screen, "Canned texts", [f"{short(one.name)}: {one.text}" for one in found.canned_texts])
    _print_block(screen, "Goodwill", list(_goodwill(found.goodwill)))
    others = [
        f"{short(one.name)}  {word(CaseState, one.state, 'CASE_STATE_')}, opened {moment(one, 'opened_at')}"
        for one in found.customer_cases
    ]
    _print_block(screen, "Other cases of the customer", others)


def _allowance(found: "GetCaseContextResponse") -> Iterator[str]:
    from switchboard_cli.names import moment

    allowed = found.allowance
    if not found.HasField("allowance"):
        return
    if not allowed.open:
        yield "no reply may go out now"
    if allowed.HasField("window_expires_at"):
        yield f"replies may go out until {moment(allowed, 'window_expires_at')} UTC"
    if allowed.HasField("replies_left"):
        yield f"replies left: {allowed.replies_left}"


def _goodwill(standing: "GoodwillStanding") -> Iterator[str]:
    from switchboard.routing.v1.events_pb2 import GoodwillState

    from switchboard_cli.names import short, word

    for one in standing.goodwill:
        state = word(GoodwillState, one.state, "GOODWILL_STATE_")
        yield f"{_amount(one.amount, one.unit)} for {one.reason}, {state}, by {short(one.agent)}"
    for allowed in standing.allowances:
        yield f"{short(standing.agent)} may grant {_amount(allowed.left, allowed.unit)} more"


def _amount(amount: int, unit: str) -> str:
    """Of a currency in its minor units: how many make one is the currency's, and nobody's here."""
    return f"{amount:,} points" if unit == "points" else f"{amount:,} minor units of {unit}"


def _draft(draft: "Draft") -> str:
    from switchboard_cli.names import moment, short

    return f"{moment(draft, 'saved_at')}  {short(draft.agent)}: {draft.text or '(unreadable)'}"


def _print_block(screen: "Console", head: str, lines: Sequence[str]) -> None:
    """A head and its lines, which go on under their beginning; nothing without lines."""
    from rich.padding import Padding
    from rich.text import Text

    from switchboard_cli.tables import printable

    if not lines:
        return
    screen.print(Text(head, "accent"))
    for line in lines:
        screen.print(Padding(Text(printable(line)), (0, 0, 0, 2), expand=False))
