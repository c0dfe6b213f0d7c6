"""`switchboard texts`: canned texts, listed, set and deleted. It knows how to ask, not what a variable stands for."""

import click

from switchboard_cli.connection import (
    Targets,
    asynchronous,
    calling,
    json_option,
    reaches,
    refuse_misplaced,
    tenant_option,
)
from switchboard_cli.output import Group


@click.group(cls=Group, invoke_without_command=True)
@tenant_option
@click.option("--filter", "conditions", default="", metavar="EXPRESSION", help="Such as 'language = en'.")
@click.option("--limit", type=click.IntRange(1, 1000), default=200, show_default=True, help="At most so many.")
@json_option
@reaches
@click.pass_context
def texts(context: click.Context, *, tenant: str, conditions: str, limit: int, as_json: bool, targets: Targets) -> None:
    """List canned texts, or set and delete one."""
    if context.invoked_subcommand is None:
        _list(tenant, conditions, limit, as_json, targets)
    else:
        refuse_misplaced(context)


@asynchronous
async def _list(tenant: str, conditions: str, limit: int, as_json: bool, targets: Targets) -> None:
    from switchboard.routing.v1.desk_pb2 import ListCannedTextsRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import document, short
    from switchboard_cli.output import console, print_json, say_cut, table
    from switchboard_cli.paging import first

    request = ListCannedTextsRequest(parent=f"tenants/{tenant}", filter=conditions)
    async with calling(targets, "routing", act="to list canned texts") as channel:
        page = await first(DeskServiceStub(channel).ListCannedTexts, request, "canned_texts", limit, targets.timeout_s)
    say_cut(page, "canned texts")
    if as_json:
        print_json([document(one) for one in page.items])
        return
    if not page.items:
        console().print(f"no such canned texts in tenant {tenant}", style="quiet")
        return
    shown = table("text", "language", "queues", "reads")
    for one in page.items:
        queues = " ".join(short(queue) for queue in one.queues) or "all"
        shown.add_row(short(one.name), one.language or "any", queues, one.text)
    console().print(shown)


@texts.command("set")
@click.argument("text_id", metavar="ID")
@click.argument("text")
@tenant_option
@click.option("--name", "display_name", default="", metavar="WORDS", help="What agents see it as.")
@click.option("--language", default="", metavar="TAG", help="BCP 47, such as de; without it, for any language.")
@click.option("--queue", "queues", multiple=True, metavar="ID", help="For this queue; without it, for all.")
@json_option
@reaches
@asynchronous
async def set_text(
    *,
    text_id: str,
    text: str,
    tenant: str,
    display_name: str,
    language: str,
    queues: tuple[str, ...],
    as_json: bool,
    targets: Targets,
) -> None:
    """Create the canned text ID, or change it where it is there, to read TEXT.

    Variables stand in braces, such as {customer.handle}.
    """
    import uuid

    import grpc
    from google.protobuf.field_mask_pb2 import FieldMask
    from switchboard.routing.v1 import desk_pb2 as api
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import document, full, short
    from switchboard_cli.output import console, print_json

    wanted = api.CannedText(
        name=full(tenant, "cannedTexts", text_id),
        display_name=display_name,
        language=language,
        queues=[full(tenant, "queues", queue) for queue in queues],
        text=text,
    )
    create = api.CreateCannedTextRequest(
        parent=f"tenants/{tenant}", canned_text_id=short(wanted.name), canned_text=wanted, request_id=str(uuid.uuid4())
    )
    update = api.UpdateCannedTextRequest(
        canned_text=wanted, update_mask=FieldMask(paths=["*"]), request_id=str(uuid.uuid4())
    )
    async with calling(targets, "routing", act=f"to set canned text {short(wanted.name)}") as channel:
        stub = DeskServiceStub(channel)
        try:
            done = (await stub.CreateCannedText(create, timeout=targets.timeout_s)).canned_text
        except grpc.aio.AioRpcError as refused:
            if refused.code() is not grpc.StatusCode.ALREADY_EXISTS:
                raise
            done = (await stub.UpdateCannedText(update, timeout=targets.timeout_s)).canned_text
    if as_json:
        print_json(document(done))
        return
    said = f", with {', '.join(done.variables)}" if done.variables else ""
    console().print(f"canned text {short(done.name)} is set{said}")


@texts.command("delete")
@click.argument("text_id", metavar="ID")
@tenant_option
@reaches
@asynchronous
async def delete_text(*, text_id: str, tenant: str, targets: Targets) -> None:
    """Delete the canned text ID."""
    import uuid

    from switchboard.routing.v1.desk_pb2 import DeleteCannedTextRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import full, short
    from switchboard_cli.output import console

    request = DeleteCannedTextRequest(name=full(tenant, "cannedTexts", text_id), request_id=str(uuid.uuid4()))
    async with calling(targets, "routing", act=f"to delete canned text {short(request.name)}") as channel:
        await DeskServiceStub(channel).DeleteCannedText(request, timeout=targets.timeout_s)
    console().print(f"canned text {short(request.name)} is deleted")
