"""What is true of routing whatever is asked of it: I1, I6, I7, I8, I10, and how posts become cases."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

from chassis.clock import MICROS
from chassis.errors import Rejected
from hypothesis import given, settings
from hypothesis import strategies as st
from routing import commands, events
from routing.cases import (
    SOLE_COOLDOWN_S,
    Broadcast,
    Joined,
    Queued,
    holders,
    is_apart,
    place_in_line,
    place_of,
)
from routing.decider import decide
from routing.matching import Decision
from routing.policies import is_skilled, serves
from routing.shard import Shard, evolve, next_due
from routing.state_codec import load
from routing.terms import AuthorKind, EarnedLevel, PostKind, Presence, Requirement, Skill, Verdict, WaitingFor

from tests.unit.routing.build import TEXT, open_case, post, queue, record, register, run, settle, t, whole

AGENTS = ("ann", "ben", "cat")
POSTS = tuple(f"p{n}" for n in range(5))
FEW = settings(max_examples=60)

ZH = (Requirement("lang:zh", 2, hard=True), Requirement("topic:billing", 1, hard=False))
STAFF: Sequence[commands.Command] = (
    queue("default", 60, 10),
    queue("care", 120, 20, ZH, limits=(20, 3, 400)),
    commands.SetSourceQueue("shop-zh", "care", t(0)),
    register("ann", 2, [("lang:zh", 5)]),
    register("ben", 1),
    register("cat", 3, [("lang:zh", 2), ("topic:billing", 4)], ["care"]),
)

post_ids = st.sampled_from(POSTS)
agent_ids = st.sampled_from(AGENTS)
tokens = st.integers(1, 4)
widths = st.sampled_from([1, 1, 2, 3, 4])


def widened(queue_id: str, width: int) -> commands.Command:
    """A queue's cases are offered to so many agents at once."""
    return commands.ChangeQueue(queue_id, None, None, None, None, t(0), offer_width=width)


steps = st.lists(
    st.tuples(
        st.integers(0, 29),
        st.sampled_from([0, 0, 1, 5, 11, 301, 90_000]),
        post_ids,
        post_ids,
        agent_ids,
        tokens,
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


def sequences() -> st.SearchStrategy[list[commands.Command]]:
    """Things asked one after the other, some of them nonsense, while time passes, in queues of any width."""
    return st.builds(_spell_out, steps, st.tuples(widths, widths))


def _spell_out(drawn: list[tuple[int, int, str, str, str, int, bool]], wide: tuple[int, int]) -> list[commands.Command]:
    now, sequence = 0.0, [widened(queue_id, width) for queue_id, width in zip(("default", "care"), wide, strict=True)]
    for what, later, one, other, agent, token, yes in drawn:
        now += later
        sequence.append(_command(what, now, one, other, agent, token, yes))
    return sequence


def _command(what: int, now: float, one: str, other: str, agent: str, token: int, yes: bool) -> commands.Command:
    at, case = t(now), "m1" if one == other else f"case-{one}"
    source = "shop" if token % 2 else "shop-zh"
    match what:
        case 0 | 1:
            return post(one, at=now, source=source, kind=PostKind.DIRECT_MESSAGE if yes else PostKind.POST)
        case 2:
            return post(one, other, at=now, published=now if yes else 0, source=source)
        case 3:
            return post(f"b-{one}", one, at=now, published=now - token, author_kind=AuthorKind.BRAND_HUMAN)
        case 4:
            return commands.DetachPost(one, at)
        case 5:
            return open_case(at=now)
        case 6 | 7 | 8:
            return commands.AcceptOffer(case, agent, token, at)
        case 9:
            return commands.DeclineOffer(case, agent, token, "busy", at)
        case 10:
            return commands.ReleaseCase(case, agent, "", at)
        case 11:
            if yes:
                return commands.ReplyToCase(case, agent, f"r-{case}", "", TEXT, 3, True, at)
            return commands.RecordSent(case, f"r-{case}", "", at)
        case 12:
            if yes:
                return commands.PendCase(case, agent, WaitingFor.CUSTOMER, t(now + 30), at)
            return commands.ResumeCase(case, agent, at)
        case 13:
            return commands.ResolveCase(case, agent, "solved", (), at)
        case 14:
            return commands.ReopenCase(case, "again", at)
        case 15 | 16:
            return commands.SetPresence(agent, Presence.AVAILABLE if yes or what == 15 else Presence.AWAY, at)
        case 17:
            urgency = None if yes else token - 1
            return commands.TransferCase(case, "", "care" if token % 2 else "default", urgency, "", at)
        case 18:
            return commands.DeleteQueue("care", True, "default", at)
        case 19:
            return queue("care") if yes else commands.DeleteAgent(agent, at)
        case 20:
            return register(agent, token, queues=["care"] if yes else [])
        case 21 | 22:
            return commands.JoinCases(f"case-{other}", case, agent if yes else "", at)
        case 23:
            return commands.SplitCase(case, agent if yes else "", at)
        case 24:
            if yes:
                return commands.EscalateCase(case, agent, "care" if token % 2 else "", token - 1, "hard", at)
            return commands.ChangeQueue("care", None, None, None, None, at, escalates_to="default")
        case 25:
            if yes:
                return commands.EscalatePost(one, "", "care" if token % 2 else "", token - 1, "", "", at)
            return post(one, other, at=now, told=False, by=agent)
        case 26:
            if yes:
                return commands.DrainAgent(agent, t(now + 3 * token), at)
            earned = (EarnedLevel(token, 1, 20),) if token > 1 else ()
            return commands.ChangePolicy(at, absence_s=4 * (token - 1), earned_levels=earned)
        case 27:
            return commands.VoteOnAnswer(case, agent, "", Verdict(1 + token % 3), at)
        case _:
            if yes:
                return commands.Tick(at)
            skills = (Skill("lang:zh", 3),) if token % 2 else ()
            return commands.ChangeAgent(agent, None, skills, None if token == 4 else token, None, at)


def history_of(sequence: Sequence[commands.Command], shard: Shard) -> list[tuple[commands.Command, list[events.Event]]]:
    """Decides and records a sequence; what is refused decides nothing."""
    history = []
    for command in [*STAFF, *sequence]:
        try:
            decided = list(record(shard, decide(command, shard)))
        except Rejected:
            decided = []
        history.append((command, decided))
        while shard.threads.todo:
            follow = commands.Tick(command.at)
            history.append((follow, list(record(shard, decide(follow, shard)))))
    return history


def check(shard: Shard) -> None:
    """I6 and I7 of a state, and that agents and cases agree about who has what."""
    held: dict[str, dict[str, int]] = defaultdict(dict)
    for case in shard.cases.values():
        for agent_id in holders(case):
            assert case.case_id not in held[agent_id]
            held[agent_id][case.case_id] = case.weight
        assert len(holders(case)) <= (case.stage.width if isinstance(case.stage, Broadcast) else 1)
        assert case.stage is None or (isinstance(case.stage, Queued) <= (place_of(case) is not None))
        if isinstance(case.stage, Joined) and is_apart(case):
            survivor = shard.cases[case.stage.into]
            assert not isinstance(survivor.stage, Joined)
            assert not case.joined
            assert case.case_id in [one.case_id for one in survivor.joined]
        assert all(shard.joins.get(one.case_id) == case.case_id for one in case.joined)
    for agent in shard.agents.values():
        assert {one.case_id: one.units for one in agent.work} == held[agent.agent_id]
        assert len(agent.work) == len(held[agent.agent_id])
        assert agent.load <= agent.capacity


@FEW
@given(sequences())
def test_a_case_has_one_holder_and_no_agent_more_than_its_capacity_at_every_prefix(
    sequence: list[commands.Command],
) -> None:
    shard = Shard()
    for _, decided in history_of(sequence, Shard()):
        for event in decided:
            evolve(shard, event)
            check(shard)


@FEW
@given(sequences())
def test_nobody_waits_while_somebody_who_could_take_it_is_free(sequence: list[commands.Command]) -> None:
    shard = Shard()
    for command in [*STAFF, *sequence]:
        before = shard
        try:
            decided = list(decide(command, before))
        except Rejected:
            decided = []
        record(shard, decided)
        settle(shard, command.at)
        refusals = ((again, case_id) for cases in shard.refused.values() for again, case_id in cases)
        ready_again = {case_id for again, case_id in refusals if again <= command.at}
        for case in shard.cases.values():
            if place_in_line(case) is not None and case.case_id not in ready_again:
                assert Decision(shard, command.at)._best_agent(case) is None
            if isinstance(case.stage, Broadcast) and len(case.stage.offers) < case.stage.width:
                assert Decision(shard, command.at)._best_agent(case) is None


@FEW
@given(sequences())
def test_nobody_waits_for_a_cool_down_alone_while_the_only_one_who_could_take_it_is_free(
    sequence: list[commands.Command],
) -> None:
    shard = Shard()
    for command in [*STAFF, *sequence]:
        with suppress(Rejected):
            record(shard, decide(command, shard))
        settle(shard, command.at)
        while (due := next_due(shard)) is not None and due <= command.at:
            record(shard, decide(commands.Tick(command.at), shard))
        there = [agent for agent in shard.agents.values() if agent.presence == Presence.AVAILABLE]
        for case in shard.cases.values():
            if place_in_line(case) is not None:
                could = [a for a in there if serves(a, case.queue) and is_skilled(a, case.requirements)]
                if len(could) == 1 and could[0].free >= case.weight:
                    refused_at = dict(case.refusals)[could[0].agent_id]
                    assert command.at < refused_at + SOLE_COOLDOWN_S * MICROS


@FEW
@given(sequences())
def test_a_tick_decides_something_when_it_is_due_and_nothing_before(sequence: list[commands.Command]) -> None:
    shard = Shard()
    history = history_of(sequence, shard)
    now = history[-1][0].at
    for _ in range(200):
        due = next_due(shard)
        if due is None:
            break
        if due > now:
            assert not decide(commands.Tick(now), shard)
            now = due
        decided = decide(commands.Tick(now), shard)
        assert decided
        for event in decided:
            evolve(shard, event)
        check(shard)


@FEW
@given(sequences())
def test_the_fold_of_the_facts_is_the_live_shard_and_its_snapshot(sequence: list[commands.Command]) -> None:
    live = Shard(keep_events=6)
    history = history_of(sequence, live)
    refolded = Shard(keep_events=6)
    for _, decided in history:
        for event in decided:
            evolve(refolded, event)
    assert whole(refolded) == whole(live)
    loaded = load(whole(live))
    assert whole(loaded) == whole(live)
    assert list(loaded.threads.kept()) == list(live.threads.kept())
    assert len(loaded.threads) == len(live.threads)
    assert loaded.timers == live.timers
    assert loaded.refused == live.refused
    assert loaded.supervised == live.supervised
    known = live.segments.by_key
    for key, segment in loaded.segments.by_key.items():
        assert (known[key].waiting, known[key].ready) == (segment.waiting, segment.ready)
        assert known[key].present == segment.present
    assert next_due(loaded) == next_due(live)
    now = history[-1][0].at
    for command in (
        post("new", at=(now - t(0)) / MICROS),
        commands.Tick(now),
        register("dan"),
        *(commands.SetPresence(agent, Presence.AVAILABLE, now) for agent in sorted(live.agents)),
    ):
        assert decide(command, loaded) == decide(command, live)


@FEW
@given(sequences())
def test_deciding_is_pure_and_deciding_what_is_so_decides_nothing(sequence: list[commands.Command]) -> None:
    shard = Shard()
    history_of(sequence[:-1], shard)
    before = whole(shard)
    last = sequence[-1]
    try:
        first = list(decide(last, shard))
    except Rejected:
        return
    assert list(decide(last, shard)) == first
    assert whole(shard) == before
    for event in first:
        evolve(shard, event)
    if isinstance(last, commands.AttachPost | commands.DetachPost | commands.AcceptOffer | commands.RecordSent):
        assert not [e for e in decide(last, shard) if not isinstance(e, events.CaseOffered)]


links = st.lists(st.tuples(post_ids, st.sampled_from(["", *POSTS, "c1", "c2", "unseen"])), min_size=1, max_size=12)


@FEW
@given(links, st.randoms(use_true_random=False), st.integers(0, 3))
def test_posts_become_the_same_threads_whatever_the_order_of_their_arrival(
    edges: list[tuple[str, str]], random: object, mode: int
) -> None:
    keys: dict[str, set[str]] = defaultdict(set)
    for post_id, other in edges:
        keys[post_id].add(other or post_id)
    kinds = [AuthorKind.CUSTOMER, AuthorKind.BRAND_HUMAN, AuthorKind.BRAND_BOT]
    posts = [
        post(post_id, *others, at=5, published=n, author_kind=kinds[(n * mode) % 3])
        for n, (post_id, others) in enumerate(sorted(keys.items()))
    ]
    shuffled = list(posts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert partition(posts) == partition(shuffled) == components(posts)


def partition(posts: Sequence[commands.AttachPost]) -> set[frozenset[str]]:
    """Which posts share a thread when they arrive in this order."""
    shard = Shard()
    run(shard, *posts)
    return {frozenset(thread.posts) for thread in shard.threads.by_id.values()}


def components(posts: Sequence[commands.AttachPost]) -> set[frozenset[str]]:
    """The same from the definition: posts connected by shared keys."""
    groups: list[tuple[set[str], set[str]]] = []
    for command in posts:
        ids, keys = {command.post_id}, set(command.thread_keys)
        apart = []
        for group in groups:
            if group[1] & keys:
                ids |= group[0]
                keys |= group[1]
            else:
                apart.append(group)
        groups = [*apart, (ids, keys)]
    return {frozenset(ids) for ids, _ in groups}


@FEW
@given(st.permutations([0, 1, 2, 3]))
def test_whether_a_case_waits_does_not_depend_on_the_order_of_arrival(order: list[int]) -> None:
    conversation = [
        post("p1", "c", at=9, published=0),
        post("b1", "c", at=9, published=5, author_kind=AuthorKind.BRAND_HUMAN),
        post("p2", "c", at=9, published=7),
        post("b2", "c", at=9, published=6, author_kind=AuthorKind.BRAND_BOT),
    ]
    shard = Shard()
    run(shard, *(conversation[n] for n in order))
    (case,) = (c for c in shard.cases.values() if c.post_count)
    assert case.owed_since == t(7)
    assert isinstance(case.stage, Queued)
