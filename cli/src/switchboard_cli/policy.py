"""`switchboard policy`: which case is served first, and by which agent. It knows how to ask, not what follows."""

import re
from pathlib import Path
from typing import Any

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option

ORDERINGS = ("fifo", "priority", "earliest_deadline", "balanced")
SELECTIONS = (
    "longest_idle", "round_robin", "least_busy", "least_busy_share", "most_skilled", "least_sufficient", "best_fit",
)  # fmt: skip


KINDS = ("post", "comment", "mention", "direct_message", "review", "email", "repost")


def _weights(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, int]:
    """Skills and what they count, of SKILL=N."""
    found = {}
    for one in given:
        skill, _, weight = one.rpartition("=")
        if not skill or not weight.isdecimal():
            raise click.BadParameter(f"{one!r} is not SKILL=N, such as lang:zh=3")
        found[skill] = int(weight)
    return found


def _head_starts(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, int]:
    """Tiers and how much earlier they stand in line, of TIER=S."""
    found = {}
    for one in given:
        tier, _, seconds = one.rpartition("=")
        if not tier or not seconds.isdecimal():
            raise click.BadParameter(f"{one!r} is not TIER=S, such as gold=600")
        found[tier] = int(seconds)
    return found


def _units(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[tuple[str, str], int]:
    """Channels and kinds of post, and what a case of them takes, of CHANNEL=N, CHANNEL:KIND=N or :KIND=N."""
    found = {}
    for one in given:
        place, _, units = one.rpartition("=")
        channel, _, kind = place.partition(":")
        if not place or not units.isdecimal() or (kind and kind not in KINDS):
            kinds = ", ".join(KINDS)
            raise click.BadParameter(f"{one!r} is not CHANNEL=N, or CHANNEL:KIND=N or :KIND=N with a KIND of {kinds}")
        found[channel, kind] = int(units)
    return found


Place = tuple[str, str]
"""A channel and a kind of post, "" for any."""


def _interrupts(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[Place, list[Place]]:
    """What may interrupt what, of ROW=COLUMN,COLUMN, each CHANNEL, CHANNEL:KIND or :KIND."""
    found = {}
    for one in given:
        row, _, others = one.partition("=")
        named = [_place(other) for other in others.split(",")]
        place = _place(row)
        if place is None or None in named:
            kinds = ", ".join(KINDS)
            raise click.BadParameter(
                f"{one!r} is not ROW=COLUMN,COLUMN, such as voice=email,:post, with a KIND of {kinds}"
            )
        found[place] = [other for other in named if other is not None]
    return found


def _place(said: str) -> Place | None:
    """A channel, a kind of post or both, of CHANNEL, :KIND or CHANNEL:KIND; None for anything else."""
    channel, _, kind = said.partition(":")
    return (channel, kind) if said and (not kind or kind in KINDS) and said != ":" else None


def _earned_levels(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> list[tuple[int, int, int]]:
    """(level, votes, percent), by level, of LEVEL=VOTES:PERCENT."""
    found = []
    for one in given:
        read = re.fullmatch(r"([1-5])=(\d+):(\d+)", one)
        if read is None:
            raise click.BadParameter(f"{one!r} is not LEVEL=VOTES:PERCENT, such as 4=20:70")
        found.append((int(read[1]), int(read[2]), int(read[3])))
    return sorted(found)


@click.command()
@tenant_option
@click.option("--ordering", type=click.Choice(ORDERINGS), help="Which waiting case is served first.")
@click.option("--selection", type=click.Choice(SELECTIONS),
              help="Which agent, in queues that name no other way.")  # fmt: skip
@click.option("--late-share", type=click.IntRange(2, 100), metavar="N",
              help="With earliest_deadline and balanced, every N-th offer goes to late work first.")  # fmt: skip
@click.option("--rescue-s", type=click.IntRange(1, 86_400), metavar="S",
              help="With balanced, how long before its deadline a case goes before all that can wait.")  # fmt: skip
@click.option("--urgency-head-start-s", type=click.IntRange(1, 86_400), metavar="S",
              help="With priority, seconds of waiting that one step of urgency counts as.")  # fmt: skip
@click.option("--weight", "weights", multiple=True, metavar="SKILL=N", callback=_weights,
              help="What a skill counts in a best fit, 1 to 10; those given replace all there are.")  # fmt: skip
@click.option("--tier", "tiers", multiple=True, metavar="TIER=S", callback=_head_starts,
              help="How much earlier a tier's cases stand in line; those given replace all there are.")  # fmt: skip
@click.option("--units", "units", multiple=True, metavar="CHANNEL[:KIND]=N", callback=_units,
              help="What a case of a channel or kind takes, 1 to 10; those given replace all there are.")  # fmt: skip
@click.option("--preferred-s", type=click.IntRange(0, 86_400), metavar="S",
              help="How long a case that comes back goes first to the agent who had it; 0 for not at all.")  # fmt: skip
@click.option("--max-missed-offers", type=click.IntRange(1, 100), metavar="N",
              help="Offers missed in a row until an agent is set away.")  # fmt: skip
@click.option("--decline-cooldown-s", type=click.IntRange(1, 86_400), metavar="S",
              help="How long who refused a case is spared it.")  # fmt: skip
@click.option("--confirm-window-s", type=click.IntRange(1, 2_592_000), metavar="S",
              help="How long after resolving a case is confirmed.")  # fmt: skip
@click.option("--absence-s", type=click.IntRange(0, 604_800), metavar="S",
              help="How long an agent who is away or offline keeps its cases; 0 for ever.")  # fmt: skip
@click.option("--pending-percent", type=click.IntRange(1, 100), metavar="N",
              help="Of its units, what a case takes that waits for its customer.")  # fmt: skip
@click.option("--resume-percent", type=click.IntRange(100, 1_000), metavar="N",
              help="Of an agent's capacity, up to where its pending cases go on with it.")  # fmt: skip
@click.option("--interrupt", "interrupts", multiple=True, metavar="ROW=COLUMNS",
              callback=_interrupts,
              help="What may interrupt what, where nobody has room, such as voice=email,:post; those given replace all"
                   " there are.")  # fmt: skip
@click.option("--no-interrupts", is_flag=True, help="Nobody is interrupted any more.")
@click.option("--interrupted-s", type=click.IntRange(1, 86_400), metavar="S",
              help="How long an interrupted case waits for its agent at most.")  # fmt: skip
@click.option("--wind-down-s", type=click.IntRange(0, 86_400), metavar="S",
              help="How long before the end of a shift its agent gets no new offers.")  # fmt: skip
@click.option("--rules", "rules_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="TOML with a [[rules]] for each; they replace all there are.")  # fmt: skip
@click.option("--places", "places_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="TOML with a [[places]] for each; they replace all there are.")  # fmt: skip
@click.option("--check", "checked_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Change nothing: say what is wrong, and what its rules would have made of cases.")  # fmt: skip
@click.option("--relaxations", "steps_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              metavar="FILE",
              help="TOML with a [[relaxations]] for each step; they replace all there are.")  # fmt: skip
@click.option("--earned", "earned", multiple=True, metavar="LEVEL=VOTES:PERCENT", callback=_earned_levels,
              help="From how many votes, PERCENT of them proved to be helpful, an agent has LEVEL of a skill it was"
                   " granted; those given replace all there are.")  # fmt: skip
@click.option("--no-earned", is_flag=True, help="No votes earn anything any more.")
@json_option
@reaches
@asynchronous
async def policy(
    *,
    tenant: str,
    weights: dict[str, int],
    units: dict[tuple[str, str], int],
    tiers: dict[str, int],
    rules_file: Path | None,
    places_file: Path | None,
    checked_file: Path | None,
    steps_file: Path | None,
    earned: list[tuple[int, int, int]],
    no_earned: bool,
    interrupts: dict[Place, list[Place]],
    no_interrupts: bool,
    as_json: bool,
    targets: Targets,
    **settings: str | int | None,
) -> None:
    """Show the routing policy, or change what is given and show it then.

    A change holds for what is decided from then on; offers that were made stay, and so does what waits.
    """
    from switchboard.routing.v1 import service_pb2 as api
    from switchboard.routing.v1.events_pb2 import ChannelUnits, SkillWeight, TierHeadStart
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document
    from switchboard_cli.output import print_json

    name = f"tenants/{tenant}/routingPolicy"
    if checked_file is not None:
        single = [value for value in settings.values() if value is not None]
        if any((single, weights, units, tiers, rules_file, places_file, steps_file, interrupts, no_interrupts)):
            raise click.UsageError("--check changes nothing: give it alone")
        await _check(checked_file, tenant, as_json=as_json, targets=targets)
        return
    given = {key: value for key, value in settings.items() if value is not None}
    values: dict[str, Any] = {
        key: f"{key}_{value}".upper() if isinstance(value, str) else value for key, value in given.items()
    }
    counts = [SkillWeight(skill=skill, weight=count) for skill, count in weights.items()]
    takes = [ChannelUnits(channel=channel, kind=_kind(kind), units=n) for (channel, kind), n in units.items()]
    wanted = api.RoutingPolicy(name=name, skill_weights=counts, channel_units=takes, **values)
    mask = [*given, *(["skill_weights"] if weights else []), *(["channel_units"] if units else [])]
    if tiers:
        wanted.tier_head_starts.extend(TierHeadStart(tier=tier, head_start_s=s) for tier, s in tiers.items())
        mask.append("tier_head_starts")
    if rules_file is not None:
        wanted.rules.extend(_written(rules_file, tenant).rules)
        mask.append("rules")
    if places_file is not None:
        wanted.places.extend(_written(places_file, tenant).places)
        mask.append("places")
    if steps_file is not None:
        wanted.relaxations.extend(_written(steps_file, tenant).relaxations)
        mask.append("relaxations")
    if earned and no_earned:
        raise click.UsageError("--earned says what is earned and --no-earned that nothing is: give one of them")
    for level, votes, percent in earned:
        wanted.earned_levels.add(level=level, min_votes=votes, percent=percent)
    mask += ["earned_levels"] if earned or no_earned else []
    if interrupts and no_interrupts:
        raise click.UsageError("--interrupt says what may interrupt and --no-interrupts that nothing may: give one")
    for (its_channel, its_kind), others in interrupts.items():
        row = wanted.interrupts.add(channel=its_channel, kind=_kind(its_kind))
        for other_channel, other_kind in others:
            row.interrupted.add(channel=other_channel, kind=_kind(other_kind))
    mask += ["interrupts"] if interrupts or no_interrupts else []
    act = "to change the policy" if mask else "to show the policy"
    async with calling(targets, "routing", act=act) as channel:
        stub = RoutingServiceStub(channel)
        said: Any
        if mask:
            said = await stub.UpdateRoutingPolicy(_asked(wanted, mask), timeout=targets.timeout_s)
        else:
            said = await stub.GetRoutingPolicy(api.GetRoutingPolicyRequest(name=name), timeout=targets.timeout_s)
    if as_json:
        print_json(document(said.routing_policy))
    else:
        _show(said.routing_policy)


def _kind(kind: str) -> Any:
    return f"POST_KIND_{kind.upper() or 'UNSPECIFIED'}"


async def _check(path: Path, tenant: str, *, as_json: bool, targets: Targets) -> None:
    """Says what the policy of a file would be."""
    from google.protobuf.field_mask_pb2 import FieldMask
    from switchboard.routing.v1 import service_pb2 as api
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.names import document, short
    from switchboard_cli.output import console, print_json, table

    wanted = _written(path, tenant)
    mask = [field.name for field, _ in wanted.ListFields()]
    wanted.name = f"tenants/{tenant}/routingPolicy"
    request = api.CheckRoutingPolicyRequest(routing_policy=wanted, update_mask=FieldMask(paths=mask))
    async with calling(targets, "routing", act=f"to check {path}") as channel:
        said = await RoutingServiceStub(channel).CheckRoutingPolicy(request, timeout=targets.timeout_s)
    if as_json:
        print_json(document(said))
        return
    rows = table("case", "rules", "would be", "otherwise than now")
    for one in said.cases:
        if one.rule_ids:
            rows.add_row(short(one.case), " ".join(one.rule_ids), ", ".join(one.outcomes), ", ".join(one.differences))
    if said.ruled_count:
        console().print(rows)
    console().print(
        f"nothing is wrong with it; of the {len(said.cases)} cases that began last a rule holds for {said.ruled_count},"
        f" and {said.changed_count} would be otherwise"
    )


def _written(path: Path, tenant: str) -> Any:
    """Rules, steps, places and interrupts of a file, with the fields of RoutingPolicy; a queue or agent by its id."""
    import tomllib

    from google.protobuf.json_format import ParseDict, ParseError
    from switchboard.routing.v1.service_pb2 import RoutingPolicy

    from switchboard_cli.names import full

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        if other := document.keys() - {"rules", "relaxations", "places", "interrupts"}:
            can = "[[rules]], [[relaxations]], [[places]] and [[interrupts]]"
            raise click.BadParameter(f"{path} has {min(other)}; it can have {can}")
        found = ParseDict(document, RoutingPolicy())
    except (ParseError, ValueError, RecursionError) as error:
        raise click.BadParameter(f"{path} cannot be read: {error}") from None
    for rule in found.rules:
        rule.queue = full(tenant, "queues", rule.queue) if rule.queue else ""
        if rule.HasField("agents"):
            for agents in (rule.agents.preferred, rule.agents.forbidden):
                agents[:] = [full(tenant, "agents", agent) for agent in agents]
    for step in found.relaxations:
        step.queue = full(tenant, "queues", step.queue) if step.queue else ""
        step.queues[:] = [full(tenant, "queues", queue) for queue in step.queues]
    return found


def _asked(wanted: Any, mask: list[str]) -> Any:
    import uuid

    from google.protobuf.field_mask_pb2 import FieldMask
    from switchboard.routing.v1.service_pb2 import UpdateRoutingPolicyRequest

    return UpdateRoutingPolicyRequest(
        routing_policy=wanted, update_mask=FieldMask(paths=mask), request_id=str(uuid.uuid4())
    )


def _show(shown: Any) -> None:
    from switchboard.routing.v1.events_pb2 import Ordering, Selection

    from switchboard_cli.names import moment, word
    from switchboard_cli.output import console, table

    rows = table("setting", "value")
    rows.add_row("version", str(shown.version))
    rows.add_row("since (UTC)", moment(shown, "since"))
    rows.add_row("ordering", word(Ordering, shown.ordering, "ORDERING_"))
    rows.add_row("selection", word(Selection, shown.selection, "SELECTION_"))
    rows.add_row("late share", f"one of {shown.late_share} offers")
    rows.add_row("urgency head start", f"{shown.urgency_head_start_s} s")
    rows.add_row("rescued", f"{shown.rescue_s} s before the deadline")
    rows.add_row("skill weights", " ".join(f"{one.skill}={one.weight}" for one in shown.skill_weights) or "all alike")
    if shown.places:
        rows.add_row("places", " ".join(one.place_id for one in shown.places))
    if shown.tier_head_starts:
        stand = (f"{one.tier} by {one.head_start_s} s" for one in shown.tier_head_starts)
        rows.add_row("earlier in line", ", ".join(stand))
    rows.add_row("units of a case", " ".join(_units_of(one) for one in shown.channel_units) or "1")
    rows.add_row("preferred for", f"{shown.preferred_s} s")
    rows.add_row("away after", f"{shown.max_missed_offers} missed offers")
    rows.add_row("spared after a refusal", f"{shown.decline_cooldown_s} s")
    rows.add_row("confirmed after", f"{shown.confirm_window_s} s")
    rows.add_row("who is away keeps cases", f"{shown.absence_s} s" if shown.absence_s else "for ever")
    rows.add_row("a pending case takes", f"{shown.pending_percent} % of its units")
    rows.add_row("and goes on up to", f"{shown.resume_percent} % of its agent's capacity")
    rows.add_row("interrupts", "; ".join(map(_row_of, shown.interrupts)) or "nothing")
    rows.add_row("for at most", f"{shown.interrupted_s} s")
    rows.add_row("last offers", f"{shown.wind_down_s} s before the end of a shift")
    levels = (f"{one.level} from {one.min_votes} votes at {one.percent} %" for one in shown.earned_levels)
    rows.add_row("levels earned by votes", ", ".join(levels) or "none")
    console().print(rows)
    if shown.rules:
        console().print(_rule_table(shown.rules))
    if shown.relaxations:
        console().print(_step_table(shown.relaxations))


def _rule_table(rules: Any) -> Any:
    from switchboard_cli.output import table

    rows = table("rule", "when", "then")
    for rule in rules:
        rows.add_row(rule.rule_id, rule.condition or "always", _then(rule))
    return rows


def _then(rule: Any) -> str:
    """What a rule makes of a case, in words."""
    from switchboard_cli.names import short

    asks = (
        f"{one.skill} {'at least' if one.hard else 'rather'} {one.min_level}" for one in rule.requirements
    )  # fmt: skip
    said = (
        f"queue {short(rule.queue)}" if rule.queue else "",
        f"urgency {rule.urgency}" if rule.HasField("urgency") else "",
        f"weight {rule.weight}" if rule.weight else "",
        f"first response in {rule.first_response_s} s" if rule.first_response_s else "",
        *asks,
        f"{' '.join(map(short, rule.agents.preferred))} first" if rule.agents.preferred else "",
        f"not {' '.join(map(short, rule.agents.forbidden))}" if rule.agents.forbidden else "",
        f"tier {rule.tier}" if rule.tier else "",
        _within(rule.within) if rule.HasField("within") else "",
        "not interruptible" if rule.uninterruptible else "",
        "stop" if rule.stop else "",
    )
    return ", ".join(one for one in said if one)


def _within(within: Any) -> str:
    return f"{'' if within.hard else 'rather '}within {within.radius_km} km of {within.place_id}"


def _units_of(one: Any) -> str:
    return f"{_place_of(one)}={one.units}"


def _row_of(row: Any) -> str:
    return f"{_place_of(row)}={','.join(map(_place_of, row.interrupted))}"


def _place_of(one: Any) -> str:
    """A channel, a kind of post or both, as they are given."""
    from switchboard.ingest.v1.post_pb2 import PostKind

    kind = f":{PostKind.Name(one.kind).removeprefix('POST_KIND_').lower()}" if one.kind else ""
    return f"{one.channel}{kind}"


def _step_table(steps: Any) -> Any:
    from switchboard_cli.names import short
    from switchboard_cli.output import table

    rows = table("after", "cases of", "ask for less", right=(0,))
    for step in steps:
        if step.HasField("radius_km"):
            less = f"within {step.radius_km} km" if step.radius_km else "anywhere"
        elif step.languages:
            less = f"{' '.join(step.languages)} as well as their language"
        elif step.HasField("language_level"):
            less = f"their language at {step.language_level}" if step.language_level else "no language"
        elif step.skill:
            less = f"{step.skill} at {step.min_level}" if step.min_level else f"no {step.skill}"
        else:
            guard = f", while at most {step.lend_waiting_max} wait there" if step.HasField("lend_waiting_max") else ""
            less = f"agents of {' '.join(short(queue) for queue in step.queues)} too{guard}"
        rows.add_row(f"{step.after_s} s", short(step.queue) or "all queues", less)
    return rows
