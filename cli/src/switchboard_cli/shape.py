"""`switchboard shape`: what is said of one case by hand, as rules say it of many. It knows how to ask."""

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option


@click.command()
@click.argument("case")
@tenant_option
@click.option("--prefer", "preferred", multiple=True, metavar="ID",
              help="An agent who is asked first; those given stand in their order.")  # fmt: skip
@click.option("--prefer-s", type=click.IntRange(1, 86_400), metavar="S",
              help="How long they are, from now or from when it waits again; 300 unless given.")  # fmt: skip
@click.option("--forbid", "forbidden", multiple=True, metavar="ID", help="An agent who is never offered it.")
@click.option("--anybody", is_flag=True, help="It is for whoever could take it.")
@click.option("--tier", metavar="TIER", help="Its customer's tier, such as 'gold'; '' for none.")
@click.option("--near", metavar="PLACE", help="The policy's place that an agent is to be near to; '' for anywhere.")
@click.option("--km", type=click.IntRange(1, 20_038), metavar="N", help="How near, with --near.")
@click.option("--hard", is_flag=True, help="Nobody farther away is offered it, with --near.")
@click.option("--by", "agent", default="", metavar="ID", help="The agent who says it; without it, a client.")
@json_option
@reaches
@asynchronous
async def shape(
    *,
    case: str,
    tenant: str,
    preferred: tuple[str, ...],
    prefer_s: int | None,
    forbidden: tuple[str, ...],
    anybody: bool,
    tier: str | None,
    near: str | None,
    km: int | None,
    hard: bool,
    agent: str,
    as_json: bool,
    targets: Targets,
) -> None:
    """Say whom CASE (its id) is for first, whom it is not for, of which tier it is, and near to what.

    Agents that are given stand for all that were said before. Whoever has it and is forbidden gives it up. When nobody
    who is preferred could take it, the next one is asked.
    """
    import uuid

    from switchboard.routing.v1.service_pb2 import CaseAgents, CaseState, CaseWithin, ShapeCaseRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document, full, short, word
    from switchboard_cli.output import console, print_json

    said = bool(preferred or forbidden)
    if (anybody and said) or not (anybody or said or tier is not None or near is not None):
        raise click.UsageError("say whom it is for: --prefer, --forbid or --anybody alone; or --tier, or --near")
    if bool(near) != bool(km) or (hard and not near):
        raise click.UsageError("--near names a place and --km says how near: give both; --hard goes with them")
    request = ShapeCaseRequest(
        name=full(tenant, "cases", case),
        agent=full(tenant, "agents", agent) if agent else "",
        agents=CaseAgents(
            preferred=[full(tenant, "agents", one) for one in preferred],
            preferred_s=prefer_s or 0,
            forbidden=[full(tenant, "agents", one) for one in forbidden],
        ),
        tier=tier,
        within=None if near is None else CaseWithin(place_id=near, radius_km=km or 0, hard=hard),
        request_id=str(uuid.uuid4()),
    )
    if not (anybody or said):
        request.ClearField("agents")
    async with calling(targets, "routing", act=f"to shape case {short(request.name)}") as channel:
        shaped = (await RoutingServiceStub(channel).ShapeCase(request, timeout=targets.timeout_s)).case
    if as_json:
        print_json(document(shaped))
    else:
        state = word(CaseState, shaped.state, "CASE_STATE_")
        first = f", first for {' and '.join(map(short, shaped.agents.preferred))}" if shaped.agents.preferred else ""
        of_place = f", within {shaped.near.radius_km} km of {shaped.near.place_id}" if shaped.HasField("near") else ""
        of_tier = f", of tier {shaped.tier}" if shaped.tier else ""
        barred = f", not for {' or '.join(map(short, shaped.agents.forbidden))}" if shaped.agents.forbidden else ""
        console().print(f"case {short(shaped.name)} is {state}{first}{barred}{of_tier}{of_place}")
