"""`switchboard check`: what somebody would change about a reply before it is sent. It knows how to ask, no rule."""

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option


@click.command()
@click.argument("case")
@click.argument("agent")
@click.argument("text")
@tenant_option
@json_option
@reaches
@asynchronous
async def check(*, case: str, agent: str, text: str, tenant: str, as_json: bool, targets: Targets) -> None:
    """Say what is to be said of TEXT as a reply of AGENT in CASE. Nothing is sent, and nothing forbidden."""
    from switchboard.routing.v1.desk_pb2 import CheckReplyRequest, ReplyHintKind
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import document, full, short, word
    from switchboard_cli.output import console, print_json, table

    request = CheckReplyRequest(name=full(tenant, "cases", case), agent=full(tenant, "agents", agent), text=text)
    async with calling(targets, "routing", act=f"to check a reply in case {short(request.name)}") as channel:
        found = await DeskServiceStub(channel).CheckReply(request, timeout=targets.timeout_s)
    if as_json:
        print_json(document(found))
        return
    if found.hints:
        shown = table("at", "about", "hint")
        for hint in found.hints:
            kind = word(ReplyHintKind, hint.kind, "REPLY_HINT_KIND_")
            shown.add_row(f"{hint.start}–{hint.end}", kind, hint.sentence)
        console().print(shown)
    console().print(f"score {found.score:.2f}, {found.reuse:.0%} of it was said before")
