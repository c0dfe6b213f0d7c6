"""switchboard/routing/v1/events.proto as structs: see protos/structs.py. Written by `make generate`."""

from typing import ClassVar

from msgspec import Struct

from switchboard.log.v1.log_structs import Sealed
from switchboard.structs import STRUCTS, Instant


class Skill(Struct, frozen=True, array_like=True, gc=False):
    """A skill and how much of it."""

    NAME: ClassVar[str] = "switchboard.routing.v1.Skill"
    """Full name of its message."""
    name: str = ""
    """The skill's name, such as "lang:zh", "topic:billing", `[a-z0-9][a-z0-9:._-]{0,62}`."""
    level: int = 0
    """0 (none) to 5 (expert)."""


class Requirement(Struct, frozen=True, array_like=True, gc=False):
    """What a case asks of an agent."""

    NAME: ClassVar[str] = "switchboard.routing.v1.Requirement"
    """Full name of its message."""
    skill: str = ""
    """The skill's name."""
    min_level: int = 0
    """Least level, 1..5."""
    hard: bool = False
    """Whether an agent below it is excluded (hard) or only scored lower (soft)."""
    or_skills: tuple[str, ...] = ()
    """Skills that do as well at that level, sorted, at most 10."""


class SkillWeight(Struct, frozen=True, array_like=True, gc=False):
    """How much a skill counts when the best fit is looked for."""

    NAME: ClassVar[str] = "switchboard.routing.v1.SkillWeight"
    """Full name of its message."""
    skill: str = ""
    """The skill's name."""
    weight: int = 0
    """1..10; a skill that is not named counts 1."""


class WeeklyShift(Struct, frozen=True, array_like=True, gc=False):
    """Hours of one day of the week."""

    NAME: ClassVar[str] = "switchboard.routing.v1.WeeklyShift"
    """Full name of its message."""
    weekday: int = 0
    """1 (Monday) to 7 (Sunday)."""
    start_minute: int = 0
    """Minutes from midnight by the wall clock, 0..1439. A time that the zone leaves out that day is the one as much later."""
    end_minute: int = 0
    """The same; above 1440 it is on the next day. At least 1 and at most 1440 after `start_minute`."""


class ShiftException(Struct, frozen=True, array_like=True, gc=False):
    """A time that is otherwise than the weekly hours."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ShiftException"
    """Full name of its message."""
    starts_at: Instant = Instant(0)
    """From when."""
    ends_at: Instant = Instant(0)
    """Until before when, at most 366 days later."""
    is_off: bool = False
    """Whether the agent does not work then; false where it works besides its hours. What is off is off."""


class ShiftPlan(Struct, frozen=True, array_like=True, gc=False):
    """When an agent works."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ShiftPlan"
    """Full name of its message."""
    time_zone: str = ""
    """IANA time zone of the weekly hours, UTC when ""."""
    weekly: tuple[WeeklyShift, ...] = ()
    """Sorted by weekday and time, at most 50; they may overlap."""
    exceptions: tuple[ShiftException, ...] = ()
    """Sorted by time, at most 100."""


class ChannelCapacity(Struct, frozen=True, array_like=True, gc=False):
    """How many units of one channel an agent works at a time."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ChannelCapacity"
    """Full name of its message."""
    channel: str = ""
    """The channel's name, `[a-z0-9][a-z0-9_-]{0,62}`."""
    units: int = 0
    """Units at a time, within the agent's capacity, 0..100; 0 for none of it."""


class ChannelUnits(Struct, frozen=True, array_like=True, gc=False):
    """What a case takes of an agent."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ChannelUnits"
    """Full name of its message."""
    channel: str = ""
    """The channel's name, "" for any."""
    kind: int = 0
    """What sort of post began the case, UNSPECIFIED for any; a case opened by hand is of no sort."""
    units: int = 0
    """Units of an agent's capacity, 1..10."""


class ChannelKind(Struct, frozen=True, array_like=True, gc=False):
    """A channel, a kind of post, or both."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ChannelKind"
    """Full name of its message."""
    channel: str = ""
    """The channel's name, "" for any."""
    kind: int = 0
    """What sort of post began the case, UNSPECIFIED for any; a case opened by hand is of no sort."""


class Interrupts(Struct, frozen=True, array_like=True, gc=False):
    """What cases of a channel, or of a kind, may interrupt: a row of the interrupt matrix."""

    NAME: ClassVar[str] = "switchboard.routing.v1.Interrupts"
    """Full name of its message."""
    channel: str = ""
    """The channel's name, "" for any."""
    kind: int = 0
    """What sort of post began the case, UNSPECIFIED for any; a case opened by hand is of no sort."""
    interrupted: tuple[ChannelKind, ...] = ()
    """What they may interrupt, sorted by channel and kind, 1..100."""


class GeoPoint(Struct, frozen=True, array_like=True, gc=False):
    """A point on the Earth, WGS 84."""

    NAME: ClassVar[str] = "switchboard.routing.v1.GeoPoint"
    """Full name of its message."""
    latitude: float = 0.0
    """Degrees north, -90..90."""
    longitude: float = 0.0
    """Degrees east, -180..180."""


class Place(Struct, frozen=True, array_like=True, gc=False):
    """A place of the house: a store, a region's middle."""

    NAME: ClassVar[str] = "switchboard.routing.v1.Place"
    """Full name of its message."""
    place_id: str = ""
    """Its id, `[a-z0-9][a-z0-9-]{0,62}`."""
    point: GeoPoint | None = None
    """Where it is."""


class Within(Struct, frozen=True, array_like=True, gc=False):
    """How near an agent is to be to a place."""

    NAME: ClassVar[str] = "switchboard.routing.v1.Within"
    """Full name of its message."""
    place_id: str = ""
    """The id of a place of the policy."""
    radius_km: int = 0
    """Kilometres along a great circle, 1..20038."""
    hard: bool = False
    """Whether an agent farther away, or nowhere, is excluded (hard) or only asked after all others (soft)."""


class Near(Struct, frozen=True, array_like=True, gc=False):
    """The same with where that place was when it was said: another policy moves no case."""

    NAME: ClassVar[str] = "switchboard.routing.v1.Near"
    """Full name of its message."""
    place_id: str = ""
    """The id of the place."""
    point: GeoPoint | None = None
    """Where it is."""
    radius_km: int = 0
    """Kilometres along a great circle, 1..20038."""
    hard: bool = False
    """Whether an agent farther away, or nowhere, is excluded."""


class TierHeadStart(Struct, frozen=True, array_like=True, gc=False):
    """How much earlier the cases of a tier stand in line."""

    NAME: ClassVar[str] = "switchboard.routing.v1.TierHeadStart"
    """Full name of its message."""
    tier: str = ""
    """The tier, `[a-z0-9][a-z0-9_-]{0,30}`."""
    head_start_s: int = 0
    """As if they had waited, or were due, so many seconds earlier, 1..86400."""


class AgentTerms(Struct, frozen=True, array_like=True, gc=False):
    """Which agents a case is for first, and which it is not for."""

    NAME: ClassVar[str] = "switchboard.routing.v1.AgentTerms"
    """Full name of its message."""
    preferred_ids: tuple[str, ...] = ()
    """The ids of agents who are asked before all others, in this order, each once, at most 10."""
    preferred_s: int = 0
    """How long, in seconds, from when the case begins to wait or these were said, whichever is later, 1..86400; 0 without such agents."""
    forbidden_ids: tuple[str, ...] = ()
    """The ids of agents who are never offered it, sorted, at most 20."""
    said_at: Instant | None = None
    """When somebody said so of a case, absent where a rule did."""


class Rule(Struct, frozen=True, array_like=True, gc=False):
    """What a tenant's policy makes of a case that begins to wait, where a condition holds."""

    NAME: ClassVar[str] = "switchboard.routing.v1.Rule"
    """Full name of its message."""
    rule_id: str = ""
    """Names it in cases it shaped, `[a-z0-9][a-z0-9-]{0,62}`."""
    condition: str = ""
    """A filter over the case and the post that makes it wait; "" holds always. See RequirementRule."""
    queue: str = ""
    """The id of the queue it goes to, "" as its source says."""
    urgency: int | None = None
    """0 (can wait) to 3 (crisis), absent as it is."""
    weight: int = 0
    """Units of an agent's capacity it takes, 1..10, 0 as it is."""
    first_response_s: int = 0
    """Target of the first response in seconds, 1..2592000, 0 as its queue says."""
    requirements: tuple[Requirement, ...] = ()
    """What it asks of an agent beside what its queue asks, sorted by skill."""
    stop: bool = False
    """Whether the rules after it are not asked any more."""
    agent_terms: AgentTerms | None = None
    """Which agents it is for first, and which it is not for; absent where it does not say."""
    tier: str = ""
    """The tier of its customer, "" where it does not say."""
    within: Within | None = None
    """Where an agent is to be for it, absent where it does not say."""
    is_uninterruptible: bool = False
    """Whether its agent is never interrupted for another case while working it; false where it does not say."""


class Relaxation(Struct, frozen=True, array_like=True, gc=False):
    """What cases that wait ask for less, once they have waited so long. A step says `skill`, or `queues`."""

    NAME: ClassVar[str] = "switchboard.routing.v1.Relaxation"
    """Full name of its message."""
    queue: str = ""
    """The id of the queue whose cases it is for, "" for all."""
    after_s: int = 0
    """Seconds since the case began to wait, 1..2592000."""
    skill: str = ""
    """The skill, "" where it says queues."""
    min_level: int = 0
    """The new least level, 0..4; 0 drops the skill."""
    queues: tuple[str, ...] = ()
    """The ids of queues whose agents may take it as well, sorted, at most 10."""
    lend_waiting_max: int | None = None
    """Cases that may wait for a queue's agents, borrowed ones included, while these still take more; absent when it does not matter."""
    radius_km: int | None = None
    """The new radius in kilometres around the place it asks for, 0 for anywhere; absent where the step says something else."""
    language_level: int | None = None
    """The new least level of whatever language the case asks for, 0..4, 0 drops it; absent where the step says something else."""
    languages: tuple[str, ...] = ()
    """Primary subtags of languages that do as well as the one it asks for, sorted, at most 10."""


class SourceLabel(Struct, frozen=True, array_like=True, gc=False):
    """A label of a source."""

    NAME: ClassVar[str] = "switchboard.routing.v1.SourceLabel"
    """Full name of its message."""
    key: str = ""
    """`[a-z][a-z0-9_]{0,39}`."""
    value: str = ""
    """1..200 code points."""


class PostThreaded(Struct, frozen=True, array_like=True, gc=False):
    """A post is known to a desk and has a place in a thread; precedes what its arrival does to cases. Told once a post and desk."""

    NAME: ClassVar[str] = "switchboard.routing.v1.PostThreaded"
    """Full name of its message."""
    post_id: str = ""
    """The post."""
    desk: str = ""
    """The desk this is told for."""
    source_id: str = ""
    """The source it came through to that desk."""
    channel: str = ""
    """The channel's name."""
    direction: int = 0
    """Inbound or ours."""
    author_kind: int = 0
    """Which side wrote it."""
    kind: int = 0
    """What sort of contact it is for this desk."""
    identity_id: str = ""
    """Its author's identity."""
    handle_id: str = ""
    """What a mention of its author by handle leads to, "" without one."""
    parent: str = ""
    """post_id of the post it answers, of a repost with own words that it repeats, "" when there is none."""
    is_addressed: bool = False
    """Whether it is addressed to the desk: by itself (see ingest's PostReceived) or by its parent, as far as that is known."""
    is_repost: bool = False
    """Whether `parent` is what it repeats, with words of its own. A repost does not belong to the thread of its original."""
    thread_keys: tuple[str, ...] = ()
    """What ties it to other posts: its own id, those of its other versions, parent, links and conversation id; sorted."""
    mentioned_ids: tuple[str, ...] = ()
    """Accounts it names, as in PostReceived."""
    language: str = ""
    """BCP 47 tag, "und" when unknown."""
    published_at: Instant = Instant(0)
    """The customer's clock."""
    received_at: Instant = Instant(0)
    """The operation's clock."""
    window_expires_at: Instant | None = None
    """Until when the platform lets us reply, absent without limit."""
    at: Instant = Instant(0)
    """When."""
    alias_ids: tuple[str, ...] = ()
    """Ids of its other versions, sorted: whoever names one of them means this post."""
    thread_id: str = ""
    """The thread it belongs to, UUID."""
    joined_thread_ids: tuple[str, ...] = ()
    """Threads that are parts of this one from now on, because the post ties them together."""
    opens_case_id: str = ""
    """The case it opens if it opens one, UUID."""
    reach: int = 0
    """Number of people it can reach, 0 when unknown."""


class PostAliased(Struct, frozen=True, array_like=True, gc=False):
    """A post's other ids became known; they may tie threads together."""

    NAME: ClassVar[str] = "switchboard.routing.v1.PostAliased"
    """Full name of its message."""
    post_id: str = ""
    """The post."""
    alias_ids: tuple[str, ...] = ()
    """Ids of its other versions, sorted; those known before included."""
    thread_id: str = ""
    """The thread it belongs to."""
    joined_thread_ids: tuple[str, ...] = ()
    """Threads that are parts of this one from now on."""
    at: Instant = Instant(0)
    """When."""


class PostAddressed(Struct, frozen=True, array_like=True, gc=False):
    """What arrived later shows that a post is addressed to a desk: its parent, or the same post through another source."""

    NAME: ClassVar[str] = "switchboard.routing.v1.PostAddressed"
    """Full name of its message."""
    post_id: str = ""
    """The post."""
    desk: str = ""
    """The desk."""
    thread_id: str = ""
    """The thread it belongs to."""
    at: Instant = Instant(0)
    """When."""


class PostUnthreaded(Struct, frozen=True, array_like=True, gc=False):
    """A post's author took it back. It keeps its place in the thread, and is nothing to any case from now on."""

    NAME: ClassVar[str] = "switchboard.routing.v1.PostUnthreaded"
    """Full name of its message."""
    post_id: str = ""
    """The post."""
    thread_id: str = ""
    """The thread it belongs to."""
    at: Instant = Instant(0)
    """When."""


class ThreadReviewed(Struct, frozen=True, array_like=True, gc=False):
    """What a late arrival means for these was decided; nothing is left to be done about them."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ThreadReviewed"
    """Full name of its message."""
    ids: tuple[str, ...] = ()
    """Posts whose part in cases was looked at again, and cases whose joining was."""
    at: Instant = Instant(0)
    """When."""


class RecalledRole(Struct, frozen=True, array_like=True, gc=False):
    """What a recalled post is to a case."""

    NAME: ClassVar[str] = "switchboard.routing.v1.RecalledRole"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    customer_id: str = ""
    """The case's customer."""
    role: int = 0
    """What it is to the case."""
    answers_published_at: Instant | None = None
    """As in PostAttached."""


class RecalledPost(Struct, frozen=True, array_like=True, gc=False):
    """A post of a recalled thread, as one desk knows it."""

    NAME: ClassVar[str] = "switchboard.routing.v1.RecalledPost"
    """Full name of its message."""
    threaded: PostThreaded | None = None
    """As it was threaded; addressed, when it became so later."""
    is_withdrawn: bool = False
    """Whether its author took it back."""
    roles: tuple[RecalledRole, ...] = ()
    """What it is to cases of this desk."""


class ThreadRecalled(Struct, frozen=True, array_like=True, gc=False):
    """A dormant thread came back into the shard's memory because something touches it again. It changes nothing: it sums up what earlier events said, so that the log alone explains every later decision. Of a long thread it has the posts that were named and the latest ones."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ThreadRecalled"
    """Full name of its message."""
    thread_id: str = ""
    """The thread."""
    thread_keys: tuple[str, ...] = ()
    """Keys that lead to it, sorted."""
    posts: tuple[RecalledPost, ...] = ()
    """Its posts by time of publication, then id."""
    at: Instant = Instant(0)
    """When."""
    is_partial: bool = False
    """Whether it has posts that did not come back."""


class CaseOpened(Struct, frozen=True, array_like=True, gc=False):
    """A case was opened."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseOpened"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    origin: int = 0
    """How it came to be."""
    direction: int = 0
    """INBOUND when a customer wrote first, OUTBOUND when we did."""
    channel: str = ""
    """The channel's name, "" for a manual case without one."""
    source_id: str = ""
    """The source, "" for a manual case without one."""
    identity_id: str = ""
    """The customer's identity, "" while only we have written."""
    language: str = ""
    """BCP 47 tag, "und" when unknown."""
    weight: int = 0
    """Units of an agent's capacity it takes, 1..10."""
    request_id: str = ""
    """The request that opened a manual case, "" otherwise."""
    at: Instant = Instant(0)
    """When."""
    desk: str = ""
    """Who answers for it, "" for a manual case without one."""
    thread_id: str = ""
    """The thread it is about, "" for a manual case."""


class PostAttached(Struct, frozen=True, array_like=True, gc=False):
    """A post became part of a case."""

    NAME: ClassVar[str] = "switchboard.routing.v1.PostAttached"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    post_id: str = ""
    """The post."""
    direction: int = 0
    """Inbound or ours."""
    author_kind: int = 0
    """Which side wrote it."""
    kind: int = 0
    """What sort of contact."""
    identity_id: str = ""
    """Its author's identity."""
    published_at: Instant = Instant(0)
    """The customer's clock."""
    received_at: Instant = Instant(0)
    """The operation's clock."""
    window_expires_at: Instant | None = None
    """Until when the platform lets us reply, absent without limit."""
    at: Instant = Instant(0)
    """When."""
    source_id: str = ""
    """The source it came through to the case's desk."""
    owed_since: Instant | None = None
    """Publication of the customer's earliest post that no human has answered yet, all posts up to this fact included; absent when nothing is owed."""
    role: int = 0
    """What it is to this case."""
    answers_published_at: Instant | None = None
    """Of an answer whose chain of parents leads to a post of the customer: when that was published. The answer is not earlier than it, whatever the platforms' clocks say. Absent otherwise."""
    customer_id: str = ""
    """The customer whose turn it is, whom it answers, or beside whose posts it is read."""


class PostPlaced(Struct, frozen=True, array_like=True, gc=False):
    """A post got its place in a thread, and in a case that is there: what PostThreaded and PostAttached say, in one fact. It is told where nothing comes between the two."""

    NAME: ClassVar[str] = "switchboard.routing.v1.PostPlaced"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    post: PostThreaded | None = None
    """The post with its place in its thread."""
    role: int = 0
    """What it is to the case."""
    customer_id: str = ""
    """The customer whose turn it is, whom it answers, or beside whose posts it is read."""
    owed_since: Instant | None = None
    """Publication of the customer's earliest post that no human has answered yet, this one included; absent when nothing is owed."""
    answers_published_at: Instant | None = None
    """Of an answer whose chain of parents leads to a post of the customer: when that was published. Absent otherwise."""
    at: Instant = Instant(0)
    """When."""


class CasesJoined(Struct, frozen=True, array_like=True, gc=False):
    """Two cases are worked as one: a link showed that they are one, or somebody joined them. Of a join by a link posts and customer go over, for good. A case that somebody joined keeps its posts, its customer and what it owes them; it is only worked with the other, until `CaseSplit`."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CasesJoined"
    """Full name of its message."""
    case_id: str = ""
    """The case that goes on."""
    joined_case_id: str = ""
    """The case that ended in it."""
    post_id: str = ""
    """The post whose link showed it, "" when it was seen later, and when somebody joined them."""
    at: Instant = Instant(0)
    """When."""
    owed_since: Instant | None = None
    """Publication of the customer's earliest post that no human has answered yet, all posts up to this fact included; absent when nothing is owed, and when somebody joined them."""
    actor: str = ""
    """Who joined them, such as "agent/mia" or "client"; "" when a link showed it."""
    agent_id: str = ""
    """Of a join by somebody: the agent who has the case that goes on, where the joined one waits and is theirs as well now; "" otherwise."""


class CaseSplit(Struct, frozen=True, array_like=True, gc=False):
    """What somebody joined is two cases again."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseSplit"
    """Full name of its message."""
    case_id: str = ""
    """The case that went on."""
    new_case_id: str = ""
    """The case that goes its own way again, as if it had never been joined."""
    post_ids: tuple[str, ...] = ()
    """Always empty: a joined case has its posts."""
    actor: str = ""
    """Who did it, such as "agent/mia" or "client"; "" when the case that went on came to its end, or a link showed that one of them is another's."""
    at: Instant = Instant(0)
    """When."""


class JoinedCasePlaced(Struct, frozen=True, array_like=True, gc=False):
    """A case that somebody joined began to wait, at another place, or waits no longer; the case it was joined into waits for it as well."""

    NAME: ClassVar[str] = "switchboard.routing.v1.JoinedCasePlaced"
    """Full name of its message."""
    case_id: str = ""
    """The case that goes on."""
    joined_case_id: str = ""
    """The case that was joined into it."""
    waiting_since: Instant | None = None
    """Since when it waits, absent when it does not."""
    due_at: Instant | None = None
    """When its first response is due, absent when it does not wait."""
    deadline: Instant | None = None
    """The earlier of that and the end of its reply window, absent when it does not wait."""
    urgency: int = 0
    """0 (can wait) to 3 (crisis)."""
    agent_id: str = ""
    """The agent who has the case that goes on, and this one with it, "" for nobody and when it does not wait."""
    at: Instant = Instant(0)
    """When."""
    keeps_limit: bool = False
    """Whether the agent's time to act goes on; not where the agent did something with the joined case, and in facts from before there was such a time."""


class CaseClassified(Struct, frozen=True, array_like=True, gc=False):
    """A case's intent and requirements were determined."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseClassified"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    intent: str = ""
    """Intent class, such as "complaint" or "inquiry"."""
    requirements: tuple[Requirement, ...] = ()
    """What it asks of an agent, sorted by skill."""
    urgency: int = 0
    """0 (can wait) to 3 (crisis)."""
    classifier: str = ""
    """Name and version of what determined it."""
    at: Instant = Instant(0)
    """When."""


class CaseQueued(Struct, frozen=True, array_like=True, gc=False):
    """A case waits for an agent."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseQueued"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    queue: str = ""
    """The queue's id."""
    urgency: int = 0
    """0 (can wait) to 3 (crisis)."""
    requirements: tuple[Requirement, ...] = ()
    """What it asks of an agent, sorted by skill."""
    due_at: Instant = Instant(0)
    """When the first response is due."""
    waiting_since: Instant = Instant(0)
    """Since when it waits; kept when an offer fails."""
    at: Instant = Instant(0)
    """When."""
    for_joined: bool = False
    """Whether it waits only for what cases joined into it are owed; the times are theirs then."""
    weight: int = 0
    """Units of an agent's capacity it takes from now on, 1..10, 0 as before."""
    rule_ids: tuple[str, ...] = ()
    """Rules of the routing policy that shaped it, in their order; they are asked when a case waits for the first time."""
    policy_version: int = 0
    """The version of that policy, 0 when no rule did."""
    agent_terms: AgentTerms | None = None
    """Which agents it is for first, and which it is not for, as rules or whoever opened it say; absent where nobody does."""
    tier: str = ""
    """Its customer's tier, as rules or whoever opened it say, `[a-z0-9][a-z0-9_-]{0,30}`; "" where nobody does."""
    near: Near | None = None
    """Where an agent is to be for it, absent for anywhere."""
    is_uninterruptible: bool = False
    """Whether its agent is never interrupted for another case while working it, as rules say."""


class CaseBegun(Struct, frozen=True, array_like=True, gc=False):
    """A customer's post opened a case that waits for an agent: what PostThreaded, CaseOpened, PostAttached and CaseQueued say, in one fact. It is told where nothing comes between them. The case has the post's source, channel, direction, language, desk and thread; its customer is the post's author, to whom it owes an answer since the post was published."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseBegun"
    """Full name of its message."""
    case_id: str = ""
    """The case. Its id follows from the tenant, the desk and the post."""
    post: PostThreaded | None = None
    """The post with its place in its thread. It is the case's first contact."""
    weight: int = 0
    """Units of an agent's capacity the case takes, 1..10."""
    queue: str = ""
    """The queue it waits in, since `at`."""
    urgency: int = 0
    """0 (can wait) to 3 (crisis)."""
    requirements: tuple[Requirement, ...] = ()
    """What it asks of an agent, sorted by skill."""
    due_at: Instant = Instant(0)
    """When the first response is due."""
    at: Instant = Instant(0)
    """When."""
    rule_ids: tuple[str, ...] = ()
    """Rules of the routing policy that shaped it, in their order."""
    policy_version: int = 0
    """The version of that policy, 0 when no rule did."""
    agent_terms: AgentTerms | None = None
    """Which agents it is for first, and which it is not for, as rules or whoever opened it say; absent where nobody does."""
    tier: str = ""
    """Its customer's tier, as rules or whoever opened it say, `[a-z0-9][a-z0-9_-]{0,30}`; "" where nobody does."""
    near: Near | None = None
    """Where an agent is to be for it, absent for anywhere."""
    is_uninterruptible: bool = False
    """Whether its agent is never interrupted for another case while working it, as rules say."""


class RequirementRelaxed(Struct, frozen=True, array_like=True, gc=False):
    """A waiting case asks for less. It keeps its place, and what it asked at first for when it waits anew."""

    NAME: ClassVar[str] = "switchboard.routing.v1.RequirementRelaxed"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    skill: str = ""
    """The skill, "" where agents of other queues, or farther away, may take it from now on; of a step about languages the one that was asked for."""
    min_level: int = 0
    """The new least level, 0 drops it."""
    step: int = 0
    """Number of the step in the routing policy, from 1."""
    at: Instant = Instant(0)
    """When."""
    requirements: tuple[Requirement, ...] = ()
    """What it asks of an agent from now on, sorted by skill."""
    queues: tuple[str, ...] = ()
    """The ids of all queues beside its own whose agents may take it from now on, sorted."""
    policy_version: int = 0
    """Version of the routing policy."""
    near: Near | None = None
    """Where an agent is to be for it from now on, absent for anywhere."""


class CaseOffered(Struct, frozen=True, array_like=True, gc=False):
    """A case was offered to an agent, who is reserved for it."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseOffered"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent."""
    offer_id: str = ""
    """The offer, UUID."""
    token: int = 0
    """Fencing token: grows with every offer or claim of the case."""
    weight: int = 0
    """Units of capacity reserved."""
    expires_at: Instant = Instant(0)
    """When the offer lapses."""
    at: Instant = Instant(0)
    """When."""
    policy_version: int = 0
    """Version of the routing policy it was decided by, 0 before there was one."""
    is_preferred: bool = False
    """Whether the agent was preferred, because it had the case before."""
    width: int = 0
    """To how many agents at once the case may be offered, each by a fact of its own, when that is more than one; 0 where the agent alone is offered it."""
    interrupts: tuple[str, ...] = ()
    """Cases of the agent that wait while it works this one, should it accept, in the order in which they are put aside; empty where it has room."""


class OfferAccepted(Struct, frozen=True, array_like=True, gc=False):
    """The offered agent took the case."""

    NAME: ClassVar[str] = "switchboard.routing.v1.OfferAccepted"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent."""
    offer_id: str = ""
    """The offer, UUID."""
    token: int = 0
    """Fencing token: grows with every offer or claim of the case."""
    at: Instant = Instant(0)
    """When."""
    joined_case_ids: tuple[str, ...] = ()
    """Cases joined into it that wait, sorted: the agent took them as well."""
    reply_due_at: Instant | None = None
    """Until when the agent is to reply or to do anything else with it, else it goes back; absent when its queue gives no such time."""
    interrupts: tuple[str, ...] = ()
    """Cases of the agent that wait while it works this one, each by a fact of its own (CasePended)."""


class OfferDeclined(Struct, frozen=True, array_like=True, gc=False):
    """The offered agent gave it back."""

    NAME: ClassVar[str] = "switchboard.routing.v1.OfferDeclined"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent."""
    offer_id: str = ""
    """The offer, UUID."""
    reason: str = ""
    """Reason code chosen by the agent, such as "not_my_skill"."""
    at: Instant = Instant(0)
    """When."""


class OfferExpired(Struct, frozen=True, array_like=True, gc=False):
    """The offered agent did not answer in time."""

    NAME: ClassVar[str] = "switchboard.routing.v1.OfferExpired"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent."""
    offer_id: str = ""
    """The offer, UUID."""
    missed: int = 0
    """Offers this agent has missed in a row, this one included."""
    at: Instant = Instant(0)
    """When."""


class OfferRescinded(Struct, frozen=True, array_like=True, gc=False):
    """An offer was taken back."""

    NAME: ClassVar[str] = "switchboard.routing.v1.OfferRescinded"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent."""
    offer_id: str = ""
    """The offer, UUID."""
    reason: int = 0
    """Why."""
    at: Instant = Instant(0)
    """When."""


class CaseClaimed(Struct, frozen=True, array_like=True, gc=False):
    """An employee leased a case of a queue in claim mode: it is theirs until the lease lapses, is given back, or the case is settled."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseClaimed"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent."""
    token: int = 0
    """Fencing token: grows with every offer or claim of the case."""
    expires_at: Instant = Instant(0)
    """When the lease lapses unless renewed."""
    at: Instant = Instant(0)
    """When."""
    joined_case_ids: tuple[str, ...] = ()
    """Cases joined into it that wait, sorted: the employee took them as well."""
    signature: str = ""
    """What is appended to each reply under this lease, such as " ^JD"; "" for nothing."""
    opinion_due_at: Instant | None = None
    """Until when a reply under this lease needs a second opinion, absent when its queue asks for none."""


class ClaimRenewed(Struct, frozen=True, array_like=True, gc=False):
    """A lease goes on for longer, because its employee is still at work."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ClaimRenewed"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The employee who has it."""
    token: int = 0
    """Fencing token of the lease."""
    expires_at: Instant = Instant(0)
    """When the lease lapses now, unless renewed again."""
    at: Instant = Instant(0)
    """When."""


class ClaimSeconded(Struct, frozen=True, array_like=True, gc=False):
    """A second employee is of the opinion that what the first is about to reply is right."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ClaimSeconded"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The second employee."""
    token: int = 0
    """Fencing token of the lease that the reply is to be given under."""
    at: Instant = Instant(0)
    """When."""


class ClaimLapsed(Struct, frozen=True, array_like=True, gc=False):
    """A lease ran out. Where somebody still waits for an answer the case waits again, in its old place."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ClaimLapsed"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent."""
    token: int = 0
    """Fencing token: grows with every offer or claim of the case."""
    at: Instant = Instant(0)
    """When."""


class CaseReleased(Struct, frozen=True, array_like=True, gc=False):
    """The agent gave an accepted or claimed case back to its queue."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseReleased"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent."""
    reason: str = ""
    """Reason code."""
    at: Instant = Instant(0)
    """When."""
    is_asked: bool = False
    """Whether somebody is to go on with it although its customer waits for nothing: it was pending, and nobody is there to whom it would wake up."""
    is_crowded_out: bool = False
    """Whether it was to go on and its agent had no room for that: it waits in line, and first for that agent."""
    is_joined: bool = False
    """Whether it was taken off the agent because it is joined into another case: the agent refused nothing, and it did not come back."""


class ReplyRequested(Struct, frozen=True, array_like=True, gc=False):
    """An agent wants a reply sent."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ReplyRequested"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    reply_id: str = ""
    """The reply, UUID."""
    agent_id: str = ""
    """The agent."""
    in_reply_to: str = ""
    """post_id it answers, "" for the case as a whole."""
    author_kind: int = 0
    """BRAND_HUMAN or BRAND_BOT."""
    text_length: int = 0
    """Number of code points."""
    text: Sealed | None = None
    """The text under the customer's key."""
    source_id: str = ""
    """The source it goes out through."""
    at: Instant = Instant(0)
    """When."""
    answers_published_at: Instant | None = None
    """When the post it answers was published, absent without one. The reply is not earlier than that, whatever the platforms' clocks say."""
    barge_reason: str = ""
    """Why somebody replies to a case that another agent has, as a code; "" from who has it."""
    sketch: bytes = b""
    """Of a reply under a lease: keyed hashes of parts of its text, four bytes each, at most 64. They tell how much two replies to one customer have in common, and nothing to who lacks the customer's key."""
    topics: tuple[str, ...] = ()
    """What a vote on it is about, sorted: the skills that the case asked for, languages left out; where there are none, "queue:" and its queue."""


class Vote(Struct, frozen=True, array_like=True, gc=False):
    """What one employee thinks of an answer."""

    NAME: ClassVar[str] = "switchboard.routing.v1.Vote"
    """Full name of its message."""
    agent_id: str = ""
    """The employee."""
    verdict: int = 0
    """HELPFUL or NOT_HELPFUL."""
    is_expert: bool = False
    """Whether it counts: the employee had every skill that the case asked for, as granted."""


class GivenAnswer(Struct, frozen=True, array_like=True, gc=False):
    """A reply that was given, as far as later ones are compared with it, and what is thought of it."""

    NAME: ClassVar[str] = "switchboard.routing.v1.GivenAnswer"
    """Full name of its message."""
    reply_id: str = ""
    """The reply, UUID."""
    sketch: bytes = b""
    """As in ReplyRequested."""
    agent_id: str = ""
    """The agent who gave it, "" for one that nobody can vote on: it was given before there were votes."""
    topics: tuple[str, ...] = ()
    """As in ReplyRequested."""
    votes: tuple[Vote, ...] = ()
    """What employees think of it, by the order in which they said so, at most 20."""
    customer: int = 0
    """What its customer did: HELPFUL when the case was confirmed after it, NOT_HELPFUL when the customer reopened it; UNSPECIFIED before."""
    given_at: Instant | None = None
    """When it was asked for. Votes on answers from before its agent was registered count for nobody: an id may be somebody else's by now."""


class EarnedLevel(Struct, frozen=True, array_like=True, gc=False):
    """From which votes on an agent's answers a level of a skill is earned."""

    NAME: ClassVar[str] = "switchboard.routing.v1.EarnedLevel"
    """Full name of its message."""
    level: int = 0
    """The level, 1..5."""
    min_votes: int = 0
    """So many votes at least, 1..100000."""
    percent: int = 0
    """The lower bound of the share of helpful ones, in percent, 1..99; see AgentReputation."""


class SkillEarned(Struct, frozen=True, array_like=True, gc=False):
    """What an agent has earned of a skill by votes on its answers is another level now."""

    NAME: ClassVar[str] = "switchboard.routing.v1.SkillEarned"
    """Full name of its message."""
    agent_id: str = ""
    """The agent."""
    skill: str = ""
    """The skill, one that it was granted; or, of level 0, one that it was."""
    level: int = 0
    """The level, 1..5, 0 for none any more. The agent has the higher of this and the one it was granted, unless the skill is pinned."""
    helpful: int = 0
    """Votes that it helped, as of now."""
    unhelpful: int = 0
    """Votes that it did not."""
    policy_version: int = 0
    """Version of the policy that says what is earned."""
    at: Instant = Instant(0)
    """When."""


class AnswerVoted(Struct, frozen=True, array_like=True, gc=False):
    """An employee said what it thinks of another one's answer, anew, or not any more."""

    NAME: ClassVar[str] = "switchboard.routing.v1.AnswerVoted"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    reply_id: str = ""
    """The reply, UUID."""
    agent_id: str = ""
    """Who votes."""
    verdict: int = 0
    """HELPFUL, NOT_HELPFUL, or WITHDRAWN."""
    is_expert: bool = False
    """Whether it counts: the voter had every skill that the case asked for, as granted."""
    answered_by: str = ""
    """Who gave the answer."""
    topics: tuple[str, ...] = ()
    """What it is about, as in ReplyRequested."""
    replaced: int = 0
    """The same voter's vote on it that this one takes the place of, where that counted; UNSPECIFIED without one."""
    at: Instant = Instant(0)
    """When."""
    given_at: Instant | None = None
    """When the answer was asked for, as in GivenAnswer."""


class ReplySent(Struct, frozen=True, array_like=True, gc=False):
    """The channel took a reply."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ReplySent"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    reply_id: str = ""
    """The reply."""
    agent_id: str = ""
    """The agent."""
    author_kind: int = 0
    """BRAND_HUMAN or BRAND_BOT."""
    post_id: str = ""
    """The platform's post where it names one, "" otherwise."""
    at: Instant = Instant(0)
    """When."""
    owed_since: Instant | None = None
    """Publication of the customer's earliest post that no human has answered yet, all posts up to this fact included; absent when nothing is owed."""
    answers_published_at: Instant | None = None
    """As in ReplyRequested."""
    asked_at: Instant | None = None
    """When the agent asked for it: it answers what the customer had written by then, and nothing later. Absent in facts from before there was this field, whose reply answers what was written until it was sent."""


class ReplyFailed(Struct, frozen=True, array_like=True, gc=False):
    """The channel refused a reply."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ReplyFailed"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    reply_id: str = ""
    """The reply."""
    agent_id: str = ""
    """The agent."""
    reason: str = ""
    """Reason code."""
    at: Instant = Instant(0)
    """When."""


class CaseNoted(Struct, frozen=True, array_like=True, gc=False):
    """An internal note."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseNoted"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    note_id: str = ""
    """The note, UUID."""
    agent_id: str = ""
    """The agent."""
    text: Sealed | None = None
    """The text under the customer's key."""
    at: Instant = Instant(0)
    """When."""


class CasePended(Struct, frozen=True, array_like=True, gc=False):
    """A case waits for somebody."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CasePended"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent."""
    waiting_for: int = 0
    """Whom for."""
    until: Instant = Instant(0)
    """When it wakes up by itself."""
    at: Instant = Instant(0)
    """When."""
    weight_percent: int = 0
    """Percent of its units that it takes of its agent while it waits, 1..100; 0 in facts from before there was such a thing, where it is 100."""
    interrupted_by: str = ""
    """The case that interrupted it, of INTERRUPTED only."""


class CaseResumed(Struct, frozen=True, array_like=True, gc=False):
    """A pending case goes on."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseResumed"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    reason: str = ""
    """"customer", "agent", "timer", or what ended the wait for another case: "joined", "task", "interruption_over"."""
    at: Instant = Instant(0)
    """When."""
    agent_id: str = ""
    """The agent who has it; "" in facts that are older than this field."""


class CaseTransferred(Struct, frozen=True, array_like=True, gc=False):
    """A case went to another queue, or got another urgency. One that waits in its new queue is queued there by CaseQueued."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseTransferred"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent who moved it, "" when a client or a deletion of its queue did."""
    queue: str = ""
    """The id of the queue it belongs to from now on."""
    reason: str = ""
    """Reason code, "queue_deleted" when its queue was deleted."""
    at: Instant = Instant(0)
    """When."""
    urgency: int = 0
    """Its urgency from now on, 0 (can wait) to 3 (crisis)."""


class CaseEscalated(Struct, frozen=True, array_like=True, gc=False):
    """A case went up a level: to another queue, which it waits in from now on. Who had it, or was offered it, gave it up before."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseEscalated"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent who escalated it, "" when a client did."""
    level: int = 0
    """How often it has been escalated, this time included, from 1."""
    reason: str = ""
    """Reason code."""
    at: Instant = Instant(0)
    """When."""
    queue: str = ""
    """The id of the queue it belongs to from now on, "" in a fact of a release that moved none."""
    from_queue: str = ""
    """The id of the queue it came from, "" when it was a community's until then."""
    urgency: int = 0
    """Its urgency from now on, 0 (can wait) to 3 (crisis)."""


class Escalation(Struct, frozen=True, array_like=True, gc=False):
    """That a case was escalated, and how."""

    NAME: ClassVar[str] = "switchboard.routing.v1.Escalation"
    """Full name of its message."""
    level: int = 0
    """How often it has been escalated, from 1; what follows is about the last time."""
    agent_id: str = ""
    """The agent who did it, "" when a client did."""
    from_queue: str = ""
    """The id of the queue it came from, "" when it was a community's until then."""
    reason: str = ""
    """Reason code."""
    escalated_at: Instant = Instant(0)
    """When."""


class TaskOpened(Struct, frozen=True, array_like=True, gc=False):
    """Another department got its part of a case: a case of its own, which was opened right before."""

    NAME: ClassVar[str] = "switchboard.routing.v1.TaskOpened"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    task_id: str = ""
    """The task, the UUID of its case."""
    queue: str = ""
    """The id of the department's queue."""
    due_at: Instant = Instant(0)
    """When it is due."""
    at: Instant = Instant(0)
    """When."""
    agent_id: str = ""
    """The agent who asked for it, "" when a client did."""
    reason: str = ""
    """Reason code: what is asked for."""


class TaskClosed(Struct, frozen=True, array_like=True, gc=False):
    """A task is done, or not wanted any more."""

    NAME: ClassVar[str] = "switchboard.routing.v1.TaskClosed"
    """Full name of its message."""
    case_id: str = ""
    """The case it was a part of, or the one that went on in."""
    task_id: str = ""
    """The task."""
    agent_id: str = ""
    """The agent who closed it, "" when a client, or what became of the case, did."""
    outcome: str = ""
    """Outcome code: a disposition, "cancelled" with the case, "withdrawn" with its customer."""
    at: Instant = Instant(0)
    """When."""
    holder_id: str = ""
    """The agent who has the case, and is told; "" when nobody does."""


class CaseResolved(Struct, frozen=True, array_like=True, gc=False):
    """An agent says the matter is settled."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseResolved"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent."""
    disposition: str = ""
    """Disposition code."""
    tags: tuple[str, ...] = ()
    """Tags, sorted."""
    at: Instant = Instant(0)
    """When."""


class ResolutionConfirmed(Struct, frozen=True, array_like=True, gc=False):
    """The confirm window passed without a reopening."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ResolutionConfirmed"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    at: Instant = Instant(0)
    """When."""


class CaseReopened(Struct, frozen=True, array_like=True, gc=False):
    """A resolved case is open again; a new episode begins. So is one that its customer had taken back and now goes on with, in the same episode."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseReopened"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    reason: str = ""
    """"customer" or a reason code."""
    episode: int = 0
    """Number of the episode that begins, from 2, or goes on, from 1."""
    at: Instant = Instant(0)
    """When."""


class CaseWithdrawn(Struct, frozen=True, array_like=True, gc=False):
    """The customer took it back: all of their posts are gone, or they said so."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseWithdrawn"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    reason: str = ""
    """"post_withdrawn" or a reason code."""
    at: Instant = Instant(0)
    """When."""


class PostDetached(Struct, frozen=True, array_like=True, gc=False):
    """A post is no longer part of the case: its author withdrew it, or what arrived later shows that it belongs elsewhere."""

    NAME: ClassVar[str] = "switchboard.routing.v1.PostDetached"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    post_id: str = ""
    """The post."""
    at: Instant = Instant(0)
    """When."""
    direction: int = 0
    """Inbound or ours."""
    author_kind: int = 0
    """Which side wrote it."""
    owed_since: Instant | None = None
    """Publication of the customer's earliest post that no human has answered yet, all posts up to this fact included; absent when nothing is owed."""
    latest_post_id: str = ""
    """The customer's latest post by publication that is left, "" when none is."""
    latest_published_at: Instant | None = None
    """When that was published, absent when none is left."""
    window_expires_at: Instant | None = None
    """Until when the platform lets us reply to it, absent without limit."""
    role: int = 0
    """What it was to the case."""
    is_moved: bool = False
    """Whether its author did not withdraw it: it is something else from now on, to this case or another, or nothing to any."""
    answered_until: Instant | None = None
    """Up to which time of publication the customer's posts are answered without it, absent when none is."""
    answered_at: Instant | None = None
    """When a human of ours answered first in this episode without it, absent when none did."""


class ClaimTerms(Struct, frozen=True, array_like=True, gc=False):
    """How the cases of a queue are taken where nobody is offered them: whoever is free and may do the work claims one, for as long as a lease."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ClaimTerms"
    """Full name of its message."""
    lease_s: int = 0
    """How long a claim holds unless renewed, seconds, 1..86400."""
    fall_through_s: int = 0
    """How long a case may wait unanswered before it goes to `fall_through_queue`, seconds, 1..2592000; 0 for no limit."""
    fall_through_queue: str = ""
    """The id of the queue it goes to then, "" without a limit."""
    append_agent_tag: bool = False
    """Whether the employee's tag is appended to replies."""
    reply_length_max: int = 0
    """Code points of a reply at most, its tag included, 1..10000; 0 for 10000."""
    second_opinion_s: int = 0
    """How long after a claim a reply needs a second employee's opinion, seconds, 1..86400; 0 for not at all."""


class AgentRegistered(Struct, frozen=True, array_like=True, gc=False):
    """An agent was registered."""

    NAME: ClassVar[str] = "switchboard.routing.v1.AgentRegistered"
    """Full name of its message."""
    agent_id: str = ""
    """The agent."""
    display_name: str = ""
    """Shown to colleagues; a work name, not a personal record."""
    skills: tuple[Skill, ...] = ()
    """Sorted by name."""
    capacity: int = 0
    """Units of work at a time, 0..100."""
    queues: tuple[str, ...] = ()
    """Queues served, sorted; empty serves all."""
    at: Instant = Instant(0)
    """When."""
    channel_capacity: tuple[ChannelCapacity, ...] = ()
    """Limits of single channels, sorted by channel, at most 20; a channel without one has only that of `capacity`."""
    shifts: ShiftPlan | None = None
    """When it works, absent when it takes offers whenever it is available."""
    tag: str = ""
    """What marks replies as this employee's, such as "^JD"; "" for nothing."""
    pinned_skills: tuple[str, ...] = ()
    """Skills of which only the granted level counts, whatever is earned, sorted."""
    location: GeoPoint | None = None
    """Where the agent is, absent for nowhere."""


class AgentChanged(Struct, frozen=True, array_like=True, gc=False):
    """An agent's settings changed; carries them all as they are now."""

    NAME: ClassVar[str] = "switchboard.routing.v1.AgentChanged"
    """Full name of its message."""
    agent_id: str = ""
    """The agent."""
    display_name: str = ""
    """Shown to colleagues."""
    skills: tuple[Skill, ...] = ()
    """Sorted by name."""
    capacity: int = 0
    """Units of work at a time, 0..100."""
    queues: tuple[str, ...] = ()
    """Queues served, sorted; empty serves all."""
    at: Instant = Instant(0)
    """When."""
    channel_capacity: tuple[ChannelCapacity, ...] = ()
    """Limits of single channels, sorted by channel, at most 20; a channel without one has only that of `capacity`."""
    shifts: ShiftPlan | None = None
    """When it works, absent when it takes offers whenever it is available."""
    tag: str = ""
    """What marks replies as this employee's, such as "^JD"; "" for nothing."""
    pinned_skills: tuple[str, ...] = ()
    """Skills of which only the granted level counts, whatever is earned, sorted."""
    location: GeoPoint | None = None
    """Where the agent is, absent for nowhere."""


class PresenceChanged(Struct, frozen=True, array_like=True, gc=False):
    """An agent came, left or stepped away."""

    NAME: ClassVar[str] = "switchboard.routing.v1.PresenceChanged"
    """Full name of its message."""
    agent_id: str = ""
    """The agent."""
    presence: int = 0
    """The new presence."""
    reason: str = ""
    """"agent" when it was set, "missed_offers" when too many offers were missed in a row, "drain" while it finishes what it has, "drained" when that is over, "absent" when it was away for too long; or a reason code."""
    at: Instant = Instant(0)
    """When."""
    leaves_at: Instant | None = None
    """When what it has goes back to the line, absent for never."""
    channels: tuple[str, ...] = ()
    """Channels it takes offers of, sorted, at most 20; empty for all. Only with AVAILABLE."""


class ShiftChanged(Struct, frozen=True, array_like=True, gc=False):
    """An agent's shift was planned, began, came to its last part, or was planned anew after it had ended. What the wall clock of its zone means is said in instants: whoever reads this needs no table of time zones."""

    NAME: ClassVar[str] = "switchboard.routing.v1.ShiftChanged"
    """Full name of its message."""
    agent_id: str = ""
    """The agent."""
    phase: int = 0
    """Where it stands."""
    starts_at: Instant | None = None
    """When it begins or began, absent when none is planned."""
    ends_at: Instant | None = None
    """When it ends, absent when none is planned."""
    offers_until: Instant | None = None
    """When its last part begins, `ends_at` when it has none; absent when none is planned."""
    at: Instant = Instant(0)
    """When."""


class QueueChanged(Struct, frozen=True, array_like=True, gc=False):
    """A queue was created or changed; carries its settings as they are now."""

    NAME: ClassVar[str] = "switchboard.routing.v1.QueueChanged"
    """Full name of its message."""
    queue_id: str = ""
    """The queue's id, `[a-z0-9][a-z0-9-]{0,62}`."""
    display_name: str = ""
    """Shown to people."""
    first_response_s: int = 0
    """Target of the first response in seconds, 1..2592000."""
    offer_timeout_s: int = 0
    """How long an offer stands, seconds, 1..86400."""
    requirements: tuple[Requirement, ...] = ()
    """What its cases ask of an agent, sorted by skill."""
    at: Instant = Instant(0)
    """When."""
    selection: int = 0
    """How its cases choose an agent, UNSPECIFIED as the policy says."""
    reply_timeout_s: int = 0
    """How long after accepting a case an agent is to reply or to do anything else with it, seconds, 1..2592000; 0 for no limit."""
    supervise_after_returns: int = 0
    """How often a case may come back (declined, missed, given back) before it waits for a supervisor, 1..1000; 0 for no limit."""
    supervise_after_s: int = 0
    """How long a case may wait before it waits for a supervisor, seconds, 1..2592000; 0 for no limit."""
    escalates_to: str = ""
    """The id of the queue that its cases are escalated to, "" for none."""
    language_level: int = 0
    """Least level of the skill of their language that its cases ask for, 1..5; 0 for none."""
    offer_width: int = 0
    """To how many agents at once a case is offered, 1..10; 0 is 1."""
    claim_terms: ClaimTerms | None = None
    """How its cases are claimed, absent where they are offered."""
    tier_level: int = 0
    """Least level of the skill of their tier that its cases ask for, 1..5; 0 for none."""
    is_uninterruptible: bool = False
    """Whether the agents of its cases are never interrupted for another case while working them."""


class QueueDeleted(Struct, frozen=True, array_like=True, gc=False):
    """A queue was deleted. What still names it means its successor from now on; open cases and agents follow in facts of their own."""

    NAME: ClassVar[str] = "switchboard.routing.v1.QueueDeleted"
    """Full name of its message."""
    queue_id: str = ""
    """The queue's id."""
    successor: str = ""
    """The id of the queue that stands for it, "" for the default queue."""
    at: Instant = Instant(0)
    """When."""


class QueueCleared(Struct, frozen=True, array_like=True, gc=False):
    """Every open case and every agent of a deleted queue is with its successor."""

    NAME: ClassVar[str] = "switchboard.routing.v1.QueueCleared"
    """Full name of its message."""
    queue_id: str = ""
    """The deleted queue's id."""
    at: Instant = Instant(0)
    """When."""


class AgentDeleted(Struct, frozen=True, array_like=True, gc=False):
    """An agent was deleted. What it was offered or had went back before, in facts of its own."""

    NAME: ClassVar[str] = "switchboard.routing.v1.AgentDeleted"
    """Full name of its message."""
    agent_id: str = ""
    """The agent's id."""
    at: Instant = Instant(0)
    """When."""


class PolicyChanged(Struct, frozen=True, array_like=True, gc=False):
    """The tenant's routing policy changed; carries it whole, as it is now. It touches nothing that was decided before."""

    NAME: ClassVar[str] = "switchboard.routing.v1.PolicyChanged"
    """Full name of its message."""
    version: int = 0
    """Grows by one."""
    max_missed_offers: int = 0
    """Missed offers in a row after which an agent is set away, 1..100."""
    decline_cooldown_s: int = 0
    """How long a case is not offered again to an agent who declined or missed it, seconds."""
    confirm_window_s: int = 0
    """How long after resolving a reopening counts against it, seconds."""
    at: Instant = Instant(0)
    """When."""
    ordering: int = 0
    """Which waiting case is served first."""
    selection: int = 0
    """Which agent is offered it, in queues that name no other way."""
    late_share: int = 0
    """Of so many offers one goes to late work first, 2..100; of EARLIEST_DEADLINE and BALANCED."""
    urgency_head_start_s: int = 0
    """Seconds of waiting that one step of urgency counts as, 1..86400; of PRIORITY."""
    skill_weights: tuple[SkillWeight, ...] = ()
    """What skills count in a best fit, sorted by skill, at most 100."""
    preferred_s: int = 0
    """How long a case that comes back is offered first to the agent who had it, seconds from when it waits again, 0..86400; 0 for not at all."""
    absence_s: int = 0
    """How long an agent who is away or offline keeps its cases, seconds, 1..604800; 0 for ever."""
    channel_units: tuple[ChannelUnits, ...] = ()
    """What cases take of an agent, sorted by channel and kind, at most 100; one that none is said of takes 1."""
    pending_percent: int = 0
    """Percent of its units that a case takes which waits for its customer, 1..100; 0 in facts from before there was such a thing, where it is 100."""
    resume_percent: int = 0
    """Percent of its capacity up to which an agent's pending cases may go on with it, 100..1000; 0 in facts from before there was such a thing, where it is 100."""
    wind_down_s: int = 0
    """How long before the end of a shift an agent gets no new offers, seconds, 0..86400."""
    rules: tuple[Rule, ...] = ()
    """What it makes of cases that begin to wait, in the order in which they are asked, at most 50."""
    relaxations: tuple[Relaxation, ...] = ()
    """What waiting cases ask for less, in the order of `after_s`, at most 20."""
    tier_head_starts: tuple[TierHeadStart, ...] = ()
    """How much earlier cases of a tier stand in line, sorted by tier, at most 10."""
    earned_levels: tuple[EarnedLevel, ...] = ()
    """What votes on answers earn, by level; empty for nothing."""
    places: tuple[Place, ...] = ()
    """Places that rules and cases name, sorted by id, at most 200."""
    rescue_s: int = 0
    """How long before its deadline a case goes before all that can wait, seconds, 1..86400; 0 in facts from before there was such a thing. Of BALANCED."""
    interrupts: tuple[Interrupts, ...] = ()
    """What cases of a channel or kind may interrupt, sorted by channel and kind, at most 100; empty where nobody is interrupted."""
    interrupted_s: int = 0
    """How long an interrupted case waits for its agent at most, seconds, 1..86400; 0 in facts from before there was such a thing, where it is 900."""


class SourceQueueChanged(Struct, frozen=True, array_like=True, gc=False):
    """The queue that cases of a source go to was set, as told by the source's settings."""

    NAME: ClassVar[str] = "switchboard.routing.v1.SourceQueueChanged"
    """Full name of its message."""
    source_id: str = ""
    """The source."""
    queue: str = ""
    """The queue's id, "" for the tenant's default."""
    at: Instant = Instant(0)
    """When."""


class SourceLabelsChanged(Struct, frozen=True, array_like=True, gc=False):
    """What a source is said to be changed, as told by its settings; carries all of it as it is now."""

    NAME: ClassVar[str] = "switchboard.routing.v1.SourceLabelsChanged"
    """Full name of its message."""
    source_id: str = ""
    """The source."""
    labels: tuple[SourceLabel, ...] = ()
    """Labels, sorted by key, at most 64."""
    at: Instant = Instant(0)
    """When."""


class GoodwillGrant(Struct, frozen=True, array_like=True, gc=False):
    """What was granted a customer, or is to be."""

    NAME: ClassVar[str] = "switchboard.routing.v1.GoodwillGrant"
    """Full name of its message."""
    grant_id: str = ""
    """Its UUID."""
    agent_id: str = ""
    """The agent who grants it, or asks to."""
    unit: str = ""
    """ISO 4217 code, or "points"."""
    amount: int = 0
    """In minor units of the currency, or points, 1..10^12."""
    reason: str = ""
    """Reason code, `[a-z0-9_]{1,60}`."""
    state: int = 0
    """Where it stands."""
    at: Instant = Instant(0)
    """When it was granted or asked for."""
    by_agent_id: str = ""
    """Who approved or refused it, "" when nobody had to."""
    decision_reason: str = ""
    """Why, a reason code, "" when nobody had to."""
    decided_at: Instant | None = None
    """When, absent when nobody had to, or did yet."""


class CaseRecalled(Struct, frozen=True, array_like=True, gc=False):
    """A case that nobody waited for came back into the shard's memory because something touches it again. It changes nothing: it sums up what earlier events said, so that the log alone explains every later decision. It does not grow with the case: its earlier posts stay where they are, in the read model."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseRecalled"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    origin: int = 0
    """How it came to be."""
    direction: int = 0
    """Who wrote first."""
    channel: str = ""
    """The channel's name, "" for a manual case without one."""
    source_id: str = ""
    """The source, "" for a manual case without one."""
    identity_id: str = ""
    """The customer's identity, "" while only we have written."""
    language: str = ""
    """BCP 47 tag, "und" when unknown."""
    weight: int = 0
    """Units of an agent's capacity it takes, 1..10."""
    episode: int = 0
    """Number of its episode, from 1."""
    token: int = 0
    """The greatest fencing token given out, 0 before the first."""
    stage: str = ""
    """Where it stands: "idle", "confirmed" or "withdrawn"."""
    agent_id: str = ""
    """The agent who had it last, "" when nobody did."""
    closed_at: Instant | None = None
    """When it was closed, absent for an idle case."""
    answered_until: Instant | None = None
    """Customer posts published up to then are answered, absent when none is."""
    queue: str = ""
    """The queue it was in last, "" when none."""
    urgency: int = 0
    """Its urgency when it was queued last, 0..3."""
    requirements: tuple[Requirement, ...] = ()
    """What it asked when it was queued last, sorted by skill."""
    post_count: int = 0
    """How many posts it has, withdrawn ones left out."""
    at: Instant = Instant(0)
    """When."""
    opened_at: Instant = Instant(0)
    """When it was opened."""
    accepted_at: Instant | None = None
    """When an agent took it last, absent before."""
    answered_at: Instant | None = None
    """When a human of ours answered first in this episode, absent before."""
    resolved_at: Instant | None = None
    """When it was resolved last, absent before."""
    disposition: str = ""
    """Disposition code of the last resolution."""
    tags: tuple[str, ...] = ()
    """Tags of the last resolution, sorted."""
    customer_post_count: int = 0
    """How many of its posts are the customer's."""
    latest_post_id: str = ""
    """The customer's latest post by publication, "" when there is none."""
    latest_published_at: Instant | None = None
    """When that was published, absent when there is none."""
    window_expires_at: Instant | None = None
    """Until when the platform lets us reply to it, absent without limit."""
    desk: str = ""
    """Who answers for it, "" for a manual case without one."""
    thread_id: str = ""
    """The thread it is about, "" for a manual case."""
    acted_until: Instant | None = None
    """Up to when acts of ours (resolving, replies sent through us) answer the customer's posts, absent when none does."""
    escalation: Escalation | None = None
    """That it was escalated, absent when it never was."""
    parent_id: str = ""
    """The case it is a part of, "" for one that is no task."""
    answers: tuple[GivenAnswer, ...] = ()
    """Its latest replies under leases, oldest first, at most 10."""
    rule_ids: tuple[str, ...] = ()
    """As in CaseQueued, of when it waited for the first time."""
    policy_version: int = 0
    """As in CaseQueued."""
    agent_terms: AgentTerms | None = None
    """Which agents it is for first, and which it is not for; absent where nobody said."""
    tier: str = ""
    """Its customer's tier, "" where nobody said."""
    goodwill: tuple[GoodwillGrant, ...] = ()
    """What was granted its customer, and asked for, in its order, at most 20."""
    near: Near | None = None
    """Where an agent is to be for it, absent for anywhere."""
    kind: int = 0
    """What sort of post began it, UNSPECIFIED for a case opened by hand."""
    is_uninterruptible: bool = False
    """Whether its agent is never interrupted for another case while working it, as rules say."""


class CaseSupervised(Struct, frozen=True, array_like=True, gc=False):
    """A waiting case is not offered any more: it came back too often, or has waited too long, and a supervisor is to move it on. It keeps its place."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseSupervised"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    queue: str = ""
    """The id of the queue it waits in."""
    reason: str = ""
    """"returned" when it came back too often, "waited" when nobody has taken it for too long."""
    returns: int = 0
    """How often it came back since it began to wait, was moved or was answered, from 0."""
    at: Instant = Instant(0)
    """When."""


class DraftSaved(Struct, frozen=True, array_like=True, gc=False):
    """A text that an agent is writing to a case's customer was kept; it stands for the one kept before by the same agent for the same case. It says nothing about the case itself."""

    NAME: ClassVar[str] = "switchboard.routing.v1.DraftSaved"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent who writes it, whoever has the case."""
    text: Sealed | None = None
    """The text under the customer's key."""
    text_length: int = 0
    """Number of code points of the text, 1..10000."""
    at: Instant = Instant(0)
    """When."""


class DraftDiscarded(Struct, frozen=True, array_like=True, gc=False):
    """An agent threw a draft away; whether there was one, nobody asked."""

    NAME: ClassVar[str] = "switchboard.routing.v1.DraftDiscarded"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent."""
    at: Instant = Instant(0)
    """When."""


class GoodwillTerms(Struct, frozen=True, array_like=True, gc=False):
    """How much may be granted without anybody being asked."""

    NAME: ClassVar[str] = "switchboard.routing.v1.GoodwillTerms"
    """Full name of its message."""
    agent_id: str = ""
    """The agent it is for, "" for all."""
    queue: str = ""
    """The queue it is for, "" for all."""
    unit: str = ""
    """ISO 4217 code, or "points"."""
    per_case: int = 0
    """In one case, by whomever, in minor units or points, 0..10^12."""
    per_day: int = 0
    """By one agent within 24 hours, 0..10^12."""


class JargonTerm(Struct, frozen=True, array_like=True, gc=False):
    """A word of the house that customers do not understand."""

    NAME: ClassVar[str] = "switchboard.routing.v1.JargonTerm"
    """Full name of its message."""
    term: str = ""
    """The word or words, 1..60 code points."""
    instead: str = ""
    """What to say instead, 0..60 code points."""


class GoodwillGranted(Struct, frozen=True, array_like=True, gc=False):
    """An agent granted its customer something, within its limit."""

    NAME: ClassVar[str] = "switchboard.routing.v1.GoodwillGranted"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent who has it."""
    grant_id: str = ""
    """UUID of the grant."""
    unit: str = ""
    """ISO 4217 code, or "points"."""
    amount: int = 0
    """In minor units of the currency, or points, 1..10^12."""
    reason: str = ""
    """Reason code, `[a-z0-9_]{1,60}`."""
    at: Instant = Instant(0)
    """When."""


class GoodwillAsked(Struct, frozen=True, array_like=True, gc=False):
    """An agent asked to grant more than it may by itself; it waits for somebody else's word."""

    NAME: ClassVar[str] = "switchboard.routing.v1.GoodwillAsked"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent who has it."""
    grant_id: str = ""
    """UUID of what it becomes when it is granted."""
    unit: str = ""
    """ISO 4217 code, or "points"."""
    amount: int = 0
    """In minor units of the currency, or points, 1..10^12."""
    reason: str = ""
    """Reason code, `[a-z0-9_]{1,60}`."""
    at: Instant = Instant(0)
    """When."""


class GoodwillApproved(Struct, frozen=True, array_like=True, gc=False):
    """What an agent asked for was granted, by somebody else."""

    NAME: ClassVar[str] = "switchboard.routing.v1.GoodwillApproved"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent who asked for it."""
    grant_id: str = ""
    """UUID of the grant."""
    by_agent_id: str = ""
    """The agent who granted it."""
    reason: str = ""
    """Reason code, `[a-z0-9_]{1,60}`."""
    at: Instant = Instant(0)
    """When."""


class GoodwillRefused(Struct, frozen=True, array_like=True, gc=False):
    """What an agent asked for was not granted."""

    NAME: ClassVar[str] = "switchboard.routing.v1.GoodwillRefused"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent who asked for it."""
    grant_id: str = ""
    """UUID of what was asked for."""
    by_agent_id: str = ""
    """The agent who said no."""
    reason: str = ""
    """Reason code, `[a-z0-9_]{1,60}`."""
    at: Instant = Instant(0)
    """When."""


class DeskPolicyChanged(Struct, frozen=True, array_like=True, gc=False):
    """What holds for agents' desks changed; carries it whole, as it is now."""

    NAME: ClassVar[str] = "switchboard.routing.v1.DeskPolicyChanged"
    """Full name of its message."""
    limits: tuple[GoodwillTerms, ...] = ()
    """How much may be granted without anybody being asked, by agent, queue and unit, at most 200, no two of one."""
    approvers: tuple[str, ...] = ()
    """Agents who may approve what is above a limit, sorted, at most 100; any but who asked, where there are none."""
    jargon: tuple[JargonTerm, ...] = ()
    """Words that customers do not understand, by term, at most 200."""
    at: Instant = Instant(0)
    """When."""


class CannedTextChanged(Struct, frozen=True, array_like=True, gc=False):
    """A text of the house for many customers was created or changed; carries it whole, as it is now. It is about nobody."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CannedTextChanged"
    """Full name of its message."""
    text_id: str = ""
    """Its id, `[a-z0-9][a-z0-9-]{0,62}`."""
    display_name: str = ""
    """Shown to agents, 0..100 code points."""
    language: str = ""
    """BCP 47 tag, "" for any language."""
    queues: tuple[str, ...] = ()
    """Ids of the queues it is for, sorted, at most 100; empty for all."""
    text: str = ""
    """The text, 1..4000 code points, with variables."""
    at: Instant = Instant(0)
    """When."""


class CannedTextDeleted(Struct, frozen=True, array_like=True, gc=False):
    """A text of the house was deleted."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CannedTextDeleted"
    """Full name of its message."""
    text_id: str = ""
    """Its id."""
    at: Instant = Instant(0)
    """When."""


class CaseAssigned(Struct, frozen=True, array_like=True, gc=False):
    """Somebody gave a case to an agent, whoever had it or was offered it; that is said by facts of their own before."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseAssigned"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    agent_id: str = ""
    """The agent who has it now."""
    by_agent_id: str = ""
    """The agent who gave it, "" for a client of the API."""
    reason: str = ""
    """Reason code, `[a-z0-9_]{1,60}`."""
    is_over_capacity: bool = False
    """Whether the agent has more work with it than its capacity allows: it was asked for with force."""
    at: Instant = Instant(0)
    """When."""
    joined_case_ids: tuple[str, ...] = ()
    """Cases joined into it that wait, sorted: the agent has them as well."""
    reply_due_at: Instant | None = None
    """Until when the agent is to reply or to do anything else with it, else it goes back; absent when its queue gives no such time."""
    is_forbidden: bool = False
    """Whether it is not for this agent (AgentTerms): it was asked for with force."""


class CaseAgentsChanged(Struct, frozen=True, array_like=True, gc=False):
    """Somebody said which agents a case is for first, and which it is not for; carries all of it, as it is now."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseAgentsChanged"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    by_agent_id: str = ""
    """The agent who said so, "" for a client of the API."""
    agent_terms: AgentTerms | None = None
    """Which they are; absent for whoever could take it."""
    at: Instant = Instant(0)
    """When."""


class CaseTierChanged(Struct, frozen=True, array_like=True, gc=False):
    """Somebody said of which tier a case's customer is."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseTierChanged"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    by_agent_id: str = ""
    """The agent who said so, "" for a client of the API."""
    tier: str = ""
    """The tier, "" for none."""
    requirements: tuple[Requirement, ...] = ()
    """All that it asks of an agent from then on, sorted by skill; as when it began to wait, whatever steps have taken away."""
    at: Instant = Instant(0)
    """When."""


class CaseNearChanged(Struct, frozen=True, array_like=True, gc=False):
    """Somebody said where an agent is to be for a case."""

    NAME: ClassVar[str] = "switchboard.routing.v1.CaseNearChanged"
    """Full name of its message."""
    case_id: str = ""
    """The case."""
    by_agent_id: str = ""
    """The agent who said so, "" for a client of the API."""
    near: Near | None = None
    """Where, absent for anywhere."""
    requirements: tuple[Requirement, ...] = ()
    """All that it asks of an agent from then on, sorted by skill; as when it began to wait, whatever steps have taken away."""
    at: Instant = Instant(0)
    """When."""


STRUCTS |= {cls.NAME: cls for cls in (Skill, Requirement, SkillWeight, WeeklyShift, ShiftException, ShiftPlan, ChannelCapacity, ChannelUnits, ChannelKind, Interrupts, GeoPoint, Place, Within, Near, TierHeadStart, AgentTerms, Rule, Relaxation, SourceLabel, PostThreaded, PostAliased, PostAddressed, PostUnthreaded, ThreadReviewed, RecalledRole, RecalledPost, ThreadRecalled, CaseOpened, PostAttached, PostPlaced, CasesJoined, CaseSplit, JoinedCasePlaced, CaseClassified, CaseQueued, CaseBegun, RequirementRelaxed, CaseOffered, OfferAccepted, OfferDeclined, OfferExpired, OfferRescinded, CaseClaimed, ClaimRenewed, ClaimSeconded, ClaimLapsed, CaseReleased, ReplyRequested, Vote, GivenAnswer, EarnedLevel, SkillEarned, AnswerVoted, ReplySent, ReplyFailed, CaseNoted, CasePended, CaseResumed, CaseTransferred, CaseEscalated, Escalation, TaskOpened, TaskClosed, CaseResolved, ResolutionConfirmed, CaseReopened, CaseWithdrawn, PostDetached, ClaimTerms, AgentRegistered, AgentChanged, PresenceChanged, ShiftChanged, QueueChanged, QueueDeleted, QueueCleared, AgentDeleted, PolicyChanged, SourceQueueChanged, SourceLabelsChanged, GoodwillGrant, CaseRecalled, CaseSupervised, DraftSaved, DraftDiscarded, GoodwillTerms, JargonTerm, GoodwillGranted, GoodwillAsked, GoodwillApproved, GoodwillRefused, DeskPolicyChanged, CannedTextChanged, CannedTextDeleted, CaseAssigned, CaseAgentsChanged, CaseTierChanged, CaseNearChanged,)}
