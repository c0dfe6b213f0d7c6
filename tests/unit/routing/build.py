"""Short ways to say routing's facts and commands in tests; everything not named has one fixed value."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from chassis.clock import MICROS, Instant
from routing import commands, events
from routing.agents import DEFAULT_QUEUE
from routing.decider import decide
from routing.shard import Shard, evolve
from routing.state_codec import dump
from routing.terms import (
    AuthorKind,
    CaseOrigin,
    ChannelCapacity,
    Direction,
    PostKind,
    PostRole,
    Presence,
    Requirement,
    Selection,
    Skill,
    WaitingFor,
)
from switchboard.log.v1.log_structs import Sealed

T0 = Instant(1_790_000_000 * MICROS)
TEXT = Sealed("customer", b"nonce-of-12b", b"ciphertext")


def t(seconds: float) -> Instant:
    """An instant so many seconds after the beginning."""
    return Instant(T0 + int(seconds * MICROS))


def post(
    post_id: str,
    *links: str,
    at: float = 0,
    published: float | None = None,
    kind: PostKind = PostKind.POST,
    author_kind: AuthorKind = AuthorKind.CUSTOMER,
    source: str = "shop",
    window: float | None = None,
    case: str = "",
    by: str = "customer",
    desk: str = "shop",
    told: bool = True,
    parent: str | None = None,
    repost: bool = False,
    mentions: Sequence[str] = (),
    aliases: Sequence[str] = (),
) -> commands.AttachPost:
    """A post arrives; ours when its author kind says so. It answers the first of its links."""
    ours = author_kind in (AuthorKind.BRAND_HUMAN, AuthorKind.BRAND_BOT)
    answers = (links[0] if links else "") if parent is None else parent
    ties = {post_id, *aliases, *links, *([] if repost or not answers else [answers])}
    return commands.AttachPost(
        post_id=post_id,
        case_id=case or (f"case-{post_id}" if desk == "shop" else f"case-{desk}-{post_id}"),
        desk=desk,
        channel="x",
        source_id=source,
        kind=kind,
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        author_kind=author_kind,
        identity_id="shop" if ours else by,
        handle_id="" if ours else f"@{by}",
        parent=answers,
        is_addressed=told and not ours,
        is_repost=repost,
        mentioned_ids=tuple(sorted(mentions)),
        alias_ids=tuple(sorted(aliases)),
        language="en",
        thread_keys=tuple(sorted(ties)),
        published_at=t(at if published is None else published),
        received_at=t(at),
        window_expires_at=None if window is None else t(window),
        at=t(at),
    )


def sight(post_id: str, desk: str, at: float = 0, *, told: bool = True) -> commands.SightPost:
    """A source of a desk brings a post that is there."""
    return commands.SightPost(post_id, f"case-{desk}-{post_id}", desk, desk, PostKind.POST, told, t(at), t(at))


def answer(
    post_id: str,
    *links: str,
    at: float = 0,
    published: float | None = None,
    desk: str = "shop",
    mentions: Sequence[str] = (),
) -> commands.AttachPost:
    """A human of ours answers on the platform itself."""
    human = AuthorKind.BRAND_HUMAN
    return post(post_id, *links, at=at, published=published, author_kind=human, desk=desk, mentions=mentions)


def register(
    agent_id: str,
    capacity: int = 1,
    skills: Sequence[tuple[str, int]] = (),
    queues: Sequence[str] = (),
    limits: Sequence[tuple[str, int]] = (),
) -> commands.RegisterAgent:
    """An agent is registered; its limits are those of channels."""
    named = tuple(Skill(name, level) for name, level in sorted(skills))
    limited = tuple(ChannelCapacity(channel, units) for channel, units in sorted(limits))
    return commands.RegisterAgent(agent_id, agent_id.title(), named, capacity, tuple(sorted(queues)), T0, limited)


def presence(
    agent_id: str, value: Presence = Presence.AVAILABLE, at: float = 0, channels: tuple[str, ...] = ()
) -> commands.SetPresence:
    """An agent says whether it takes offers, and of which channels."""
    return commands.SetPresence(agent_id, value, t(at), channels)


def accept(case_id: str, agent_id: str, token: int = 1, at: float = 0) -> commands.AcceptOffer:
    """An agent takes an offer."""
    return commands.AcceptOffer(case_id, agent_id, token, t(at))


def decline(case_id: str, agent_id: str, token: int = 1, at: float = 0) -> commands.DeclineOffer:
    """An agent gives an offer back."""
    return commands.DeclineOffer(case_id, agent_id, token, "busy", t(at))


def pend(
    case_id: str, agent_id: str, until: float, at: float = 0, waiting_for: WaitingFor = WaitingFor.CUSTOMER
) -> commands.PendCase:
    """An agent lets a case wait for its customer, or somebody else."""
    return commands.PendCase(case_id, agent_id, waiting_for, t(until), t(at))


def reply(case_id: str, agent_id: str, reply_id: str = "r1", at: float = 0) -> commands.ReplyToCase:
    """An agent replies."""
    return commands.ReplyToCase(case_id, agent_id, reply_id, "", TEXT, 10, True, t(at))


def resolve(case_id: str, agent_id: str, at: float = 0) -> commands.ResolveCase:
    """An agent settles a case."""
    return commands.ResolveCase(case_id, agent_id, "solved", (), t(at))


def queue(
    queue_id: str = DEFAULT_QUEUE,
    first_response_s: int = 3600,
    offer_timeout_s: int = 60,
    requirements: tuple[Requirement, ...] = (),
    limits: tuple[int, int, int] = (0, 0, 0),
    selection: Selection = Selection.UNSPECIFIED,
    width: int = 1,
) -> commands.CreateQueue:
    """A queue is created; its limits are those of a reply, of returns and of waiting."""
    settings = "", first_response_s, offer_timeout_s, requirements
    return commands.CreateQueue(queue_id, *settings, T0, *limits, selection, offer_width=width)


def policy(at: float = 0, **settings: Any) -> commands.ChangePolicy:
    """The routing policy is changed."""
    return commands.ChangePolicy(t(at), **settings)


def open_case(
    case_id: str = "m1",
    queue_id: str = "",
    at: float = 0,
    weight: int = 1,
    channel: str = "",
    source: tuple[str, str] = ("", ""),
    urgency: int = 0,
) -> commands.OpenCase:
    """A case is opened by hand, to be answered through a source and its channel."""
    return commands.OpenCase(
        case_id, queue_id, channel, *source, "", "und", urgency, (), weight, Direction.INBOUND, "request", t(at)
    )


def tick(at: float) -> commands.Tick:
    """Time passes."""
    return commands.Tick(t(at))


def asked(rng: random.Random, length: int) -> list[commands.Command]:
    """Posts of few threads, linked at random, what is said of them later, and cases that somebody joins and splits."""
    sequence: list[commands.Command] = []
    for now in range(length):
        name = f"p{rng.randrange(60)}"
        links = [f"{rng.choice(('', '', 'v-'))}p{rng.randrange(60)}" for _ in range(rng.choice((0, 0, 1, 1, 2)))]
        by, told = rng.choice(("ann", "ann", "ben", "cat")), rng.randrange(3) > 0
        match rng.randrange(12):
            case 0:
                sequence.append(commands.DetachPost(name, t(now)))
            case 1 | 2:
                mentions = [rng.choice(("ann", "@ben"))]
                sequence.append(answer(f"a{now}", *links, at=now, published=now - rng.randrange(9), mentions=mentions))
            case 3:
                sequence.append(sight(name, "other", now, told=told))
            case 4:
                sequence.append(commands.AliasPost(name, (f"v-{name}",), t(now)))
            case 5 | 6:
                sequence.append(commands.JoinCases(f"case-p{rng.randrange(60)}", f"case-{name}", "", t(now)))
            case 7:
                sequence += [commands.SplitCase(f"case-p{n}", "", t(now)) for n in range(rng.randrange(60))]
            case _:
                window = now + rng.randrange(99) if rng.randrange(2) else None
                before = now - rng.randrange(9)
                sequence.append(post(name, *links, at=now, published=before, window=window, by=by, told=told))
    return sequence


def run(shard: Shard, *given: commands.Command) -> list[events.Event]:
    """Decides and records in order, and what follows from each at once; the facts of all of it."""
    facts: list[events.Event] = []
    for command in given:
        facts.extend(record(shard, decide(command, shard)))
        facts.extend(settle(shard, command.at))
    return facts


def settle(shard: Shard, now: Instant) -> list[events.Event]:
    """Looks again at whatever is to be looked at; the facts that follow."""
    facts: list[events.Event] = []
    while shard.threads.todo:
        facts.extend(record(shard, decide(commands.Tick(now), shard)))
    return facts


def record(shard: Shard, decided: Sequence[events.Event]) -> Sequence[events.Event]:
    """The facts happened."""
    for event in decided:
        evolve(shard, event)
    return decided


def apart(facts: Sequence[events.Event]) -> Iterator[events.Event]:
    """The same with one fact for each thing that is said."""
    for fact in facts:
        match fact:
            case events.CaseBegun(case_id, told, weight, queue_id, urgency, requirements, due_at, at):
                channel, source_id, identity_id = told.channel, told.source_id, told.identity_id
                origin, desk = CaseOrigin.POST, (told.desk, told.thread_id)
                placed = told.direction, channel, source_id, identity_id, told.language, weight, "", at
                yield told
                yield events.CaseOpened(case_id, origin, *placed, *desk)
                contact = PostRole.CONTACT
                yield events.PostPlaced(case_id, told, contact, identity_id, told.published_at, None, at).attached
                ruled = {"rule_ids": fact.rule_ids, "policy_version": fact.policy_version}
                yield events.CaseQueued(case_id, queue_id, urgency, requirements, due_at, at, at, **ruled)
            case events.PostPlaced():
                yield fact.post
                yield fact.attached
            case _:
                yield fact


def summary(facts: Sequence[events.Event]) -> list[str]:
    """Facts, each thing that is said apart, as short lines: the name, the case or agent, and what matters most."""
    lines = []
    for event in apart(facts):
        match event:
            case events.CaseOffered():
                lines.append(f"CaseOffered {event.case_id} {event.agent_id} {event.token}")
            case events.CaseAssigned():
                over = " over capacity" if event.is_over_capacity else ""
                lines.append(f"CaseAssigned {event.case_id} {event.agent_id}{over}")
            case events.OfferAccepted() | events.OfferDeclined() | events.CaseReleased() | events.CaseResolved():
                lines.append(f"{type(event).__name__} {event.case_id} {event.agent_id}")
            case events.OfferExpired():
                lines.append(f"OfferExpired {event.case_id} {event.agent_id} {event.missed}")
            case events.OfferRescinded():
                lines.append(f"OfferRescinded {event.case_id} {event.agent_id} {event.reason.name}")
            case events.CasesJoined():
                lines.append(f"CasesJoined {event.case_id} {event.joined_case_id}")
            case events.JoinedCasePlaced():
                lines.append(f"JoinedCasePlaced {event.case_id} {event.joined_case_id}")
            case events.PostAttached() | events.PostDetached():
                role = "" if event.role == PostRole.CONTACT else f" {event.role.name}"
                lines.append(f"{type(event).__name__} {event.case_id} {event.post_id}{role}")
            case events.PostThreaded() | events.ThreadReviewed() | events.ThreadRecalled():
                pass  # where a post stands, not what comes of it
            case events.PostAliased() | events.PostAddressed() | events.PostUnthreaded():
                lines.append(f"{type(event).__name__} {event.post_id}")
            case events.CaseQueued():
                lines.append(f"CaseQueued {event.case_id} {event.queue} {event.urgency}")
            case events.CaseReopened():
                lines.append(f"CaseReopened {event.case_id} {event.reason} {event.episode}")
            case events.CaseResumed():
                lines.append(f"CaseResumed {event.case_id} {event.reason}")
            case events.PresenceChanged():
                lines.append(f"PresenceChanged {event.agent_id} {event.presence.name} {event.reason}")
            case events.ShiftChanged():
                lines.append(f"ShiftChanged {event.agent_id} {event.phase.name}")
            case events.SkillEarned():
                lines.append(f"SkillEarned {event.agent_id} {event.skill} {event.level}")
            case events.AgentRegistered() | events.AgentChanged() | events.AgentDeleted():
                lines.append(f"{type(event).__name__} {event.agent_id}")
            case events.QueueDeleted() | events.QueueCleared():
                lines.append(f"{type(event).__name__} {event.queue_id}")
            case events.CaseTransferred():
                lines.append(f"CaseTransferred {event.case_id} {event.queue} {event.urgency}")
            case events.CaseEscalated():
                lines.append(f"CaseEscalated {event.case_id} {event.from_queue or '-'} {event.queue} {event.level}")
            case events.CannedTextChanged() | events.CannedTextDeleted():
                lines.append(f"{type(event).__name__} {event.text_id}")
            case events.QueueChanged() | events.PolicyChanged() | events.SourceQueueChanged():
                lines.append(type(event).__name__)
            case _:
                lines.append(f"{type(event).__name__} {event.case_id}")
    return lines


MANUAL = CaseOrigin.MANUAL


def whole(shard: Shard) -> bytes:
    """A shard as one piece of bytes."""
    return b"".join(dump(shard))
