"""What can be asked of routing, and why it can say no. Commands carry everything deciding needs, the time included."""

from enum import StrEnum

from chassis.clock import Instant
from msgspec import Struct
from switchboard.log.v1.log_structs import Sealed

from routing.terms import (
    AgentTerms,
    AuthorKind,
    ChannelCapacity,
    ChannelUnits,
    ClaimTerms,
    Direction,
    EarnedLevel,
    GeoPoint,
    GoodwillTerms,
    Interrupts,
    JargonTerm,
    Ordering,
    Place,
    PostKind,
    Presence,
    Relaxation,
    Requirement,
    Rule,
    Selection,
    ShiftPlan,
    Skill,
    SkillWeight,
    SourceLabel,
    TierHeadStart,
    Verdict,
    WaitingFor,
)


class Reason(StrEnum):
    """Why the business says no."""

    AGENT_EXISTS = "AGENT_EXISTS"
    AGENT_FORBIDDEN = "AGENT_FORBIDDEN"
    AGENT_FULL = "AGENT_FULL"
    AGENT_OFFLINE = "AGENT_OFFLINE"
    AGENT_UNKNOWN = "AGENT_UNKNOWN"
    ANSWER_UNKNOWN = "ANSWER_UNKNOWN"
    CAPACITY_IN_USE = "CAPACITY_IN_USE"
    CANNED_TEXT_EXISTS = "CANNED_TEXT_EXISTS"
    CANNED_TEXT_UNKNOWN = "CANNED_TEXT_UNKNOWN"
    CASE_CHANGED = "CASE_CHANGED"
    CASE_CLAIMED = "CASE_CLAIMED"
    CASE_CLOSED = "CASE_CLOSED"
    CASE_EXISTS = "CASE_EXISTS"
    CASE_HAS_JOINED = "CASE_HAS_JOINED"
    CASE_JOINED = "CASE_JOINED"
    CASE_UNKNOWN = "CASE_UNKNOWN"
    CHANNEL_DIFFERS = "CHANNEL_DIFFERS"
    CLAIM_GONE = "CLAIM_GONE"
    CUSTOMER_ERASED = "CUSTOMER_ERASED"
    DESK_UNCLEAR = "DESK_UNCLEAR"
    ESCALATION_CIRCLE = "ESCALATION_CIRCLE"
    GOODWILL_DECIDED = "GOODWILL_DECIDED"
    GOODWILL_OWN = "GOODWILL_OWN"
    GOODWILL_UNKNOWN = "GOODWILL_UNKNOWN"
    INTERRUPTION_FREES_NOTHING = "INTERRUPTION_FREES_NOTHING"
    IS_TASK = "IS_TASK"
    NOT_APPROVER = "NOT_APPROVER"
    NOT_CLAIMABLE = "NOT_CLAIMABLE"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    NOT_JOINED = "NOT_JOINED"
    NOT_PENDING = "NOT_PENDING"
    NOT_RESOLVED = "NOT_RESOLVED"
    NOT_TASK = "NOT_TASK"
    NOT_YOURS = "NOT_YOURS"
    NOT_THE_CUSTOMERS = "NOT_THE_CUSTOMERS"
    NO_CUSTOMER = "NO_CUSTOMER"
    NO_HIGHER_QUEUE = "NO_HIGHER_QUEUE"
    NO_SOURCE = "NO_SOURCE"
    OFFER_GONE = "OFFER_GONE"
    OFFER_TOKEN_STALE = "OFFER_TOKEN_STALE"  # noqa: S105
    OVER_LIMIT = "OVER_LIMIT"
    POST_UNKNOWN = "POST_UNKNOWN"
    POST_WITHDRAWN = "POST_WITHDRAWN"
    PLACE_UNKNOWN = "PLACE_UNKNOWN"
    OPINION_MISSING = "OPINION_MISSING"
    OPINION_OWN = "OPINION_OWN"
    QUEUE_CLAIMED = "QUEUE_CLAIMED"
    QUEUE_EXISTS = "QUEUE_EXISTS"
    QUEUE_IN_USE = "QUEUE_IN_USE"
    QUEUE_PERMANENT = "QUEUE_PERMANENT"
    QUEUE_UNKNOWN = "QUEUE_UNKNOWN"
    REPLIES_UNSENT = "REPLIES_UNSENT"
    REPLY_SETTLED = "REPLY_SETTLED"
    SIMILAR_ANSWER = "SIMILAR_ANSWER"
    SOURCE_UNKNOWN = "SOURCE_UNKNOWN"
    TASKS_OPEN = "TASKS_OPEN"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    TOO_MANY_CANNED_TEXTS = "TOO_MANY_CANNED_TEXTS"
    TOO_MANY_JOINED = "TOO_MANY_JOINED"
    TOO_MUCH_GOODWILL = "TOO_MUCH_GOODWILL"
    TOO_MANY_TASKS = "TOO_MANY_TASKS"
    TOO_MANY_VOTES = "TOO_MANY_VOTES"
    VOTE_OWN = "VOTE_OWN"
    WINDOW_CLOSED = "WINDOW_CLOSED"


class AttachPost(Struct, frozen=True, gc=False):
    """A post arrived; `case_id` is the case it opens if it opens one. `thread_keys` include its own ids."""

    post_id: str
    case_id: str
    desk: str
    channel: str
    source_id: str
    kind: PostKind
    direction: Direction
    author_kind: AuthorKind
    identity_id: str
    handle_id: str
    parent: str
    is_addressed: bool
    is_repost: bool
    mentioned_ids: tuple[str, ...]
    alias_ids: tuple[str, ...]
    language: str
    thread_keys: tuple[str, ...]
    published_at: Instant
    received_at: Instant
    window_expires_at: Instant | None
    at: Instant
    reach: int = 0


class SightPost(Struct, frozen=True, gc=False):
    """A post we have was brought by a further source; `case_id` is the case it opens there if it opens one."""

    post_id: str
    case_id: str
    desk: str
    source_id: str
    kind: PostKind
    is_addressed: bool
    received_at: Instant
    at: Instant


class AliasPost(Struct, frozen=True, gc=False):
    """A post has these other ids."""

    post_id: str
    alias_ids: tuple[str, ...]
    at: Instant


class DetachPost(Struct, frozen=True, gc=False):
    """A post was withdrawn."""

    post_id: str
    at: Instant


class SetSourceQueue(Struct, frozen=True, gc=False):
    """A source's cases go to this queue from now on, "" for the default, and these are its labels."""

    source_id: str
    queue: str
    at: Instant
    labels: tuple[SourceLabel, ...] = ()


class CaseWithin(Struct, frozen=True, gc=False):
    """Where an agent is to be for a case: near a place, "" for the one nearest to a point; with neither anywhere."""

    place_id: str
    point: GeoPoint | None
    radius_km: int
    hard: bool


class OpenCase(Struct, frozen=True, gc=False):
    """Open a case by hand. `source_channel` is the channel of the source, "" where there is no such source; of weight 0
    it takes what the policy says.
    """

    case_id: str
    queue: str
    channel: str
    source_id: str
    source_channel: str
    identity_id: str
    language: str
    urgency: int
    requirements: tuple[Requirement, ...]
    weight: int
    direction: Direction
    request_id: str
    at: Instant
    agent_terms: AgentTerms | None = None
    tier: str = ""
    within: CaseWithin | None = None


class AcceptOffer(Struct, frozen=True, gc=False):
    """Take an offered case."""

    case_id: str
    agent_id: str
    token: int
    at: Instant


class DeclineOffer(Struct, frozen=True, gc=False):
    """Give an offered case back."""

    case_id: str
    agent_id: str
    token: int
    reason: str
    at: Instant


class ClaimCase(Struct, frozen=True, gc=False):
    """Lease a case of a queue in claim mode."""

    case_id: str
    agent_id: str
    at: Instant


class RenewClaim(Struct, frozen=True, gc=False):
    """Let a lease begin anew."""

    case_id: str
    agent_id: str
    token: int
    at: Instant


class SecondClaim(Struct, frozen=True, gc=False):
    """Agree with what a claimant is about to reply."""

    case_id: str
    agent_id: str
    token: int
    at: Instant


class VoteOnAnswer(Struct, frozen=True, gc=False):
    """Say whether an answer of a case helped, "" for its latest; WITHDRAWN takes it back."""

    case_id: str
    agent_id: str
    reply_id: str
    verdict: Verdict
    at: Instant


class ReleaseCase(Struct, frozen=True, gc=False):
    """Give an accepted case back."""

    case_id: str
    agent_id: str
    reason: str
    at: Instant


class ReplyToCase(Struct, frozen=True, gc=False):
    """Send the customer a text. `text` is None when the customer was erased; `in_reply_to` "" is their latest post;
    `source_is_connected` is whether there still is the source that the case came through. With a `barge_reason` from
    somebody who does not have the case; with an `etag` only if the case is as it was then. Under a lease `claim_token`
    is its token, 0 for any, `sketch` what the text is compared by, `force` that it is sent although it is like another.
    """

    case_id: str
    agent_id: str
    reply_id: str
    in_reply_to: str
    text: Sealed | None
    text_length: int
    source_is_connected: bool
    at: Instant
    barge_reason: str = ""
    etag: str = ""
    claim_token: int = 0
    sketch: bytes = b""
    force: bool = False
    platform_length: int = 0
    """As the platform counts a public reply, 0 where that is `text_length`."""


class RecordSent(Struct, frozen=True, gc=False):
    """The channel took a reply that was asked for at `asked_at`, None where nobody says when."""

    case_id: str
    reply_id: str
    post_id: str
    at: Instant
    asked_at: Instant | None = None


class RecordFailed(Struct, frozen=True, gc=False):
    """The channel refused a reply."""

    case_id: str
    reply_id: str
    reason: str
    at: Instant


class NoteCase(Struct, frozen=True, gc=False):
    """Note something. `text` is None when the customer was erased."""

    case_id: str
    agent_id: str
    note_id: str
    text: Sealed | None
    at: Instant


class SaveDraft(Struct, frozen=True, gc=False):
    """Keep what an agent is writing. `text` is None when the customer was erased."""

    case_id: str
    agent_id: str
    text: Sealed | None
    text_length: int
    at: Instant


class DiscardDraft(Struct, frozen=True, gc=False):
    """Throw away what an agent was writing."""

    case_id: str
    agent_id: str
    at: Instant


class PendCase(Struct, frozen=True, gc=False):
    """Let a case wait for somebody."""

    case_id: str
    agent_id: str
    waiting_for: WaitingFor
    until: Instant
    at: Instant


class ResumeCase(Struct, frozen=True, gc=False):
    """Go on with a pending case."""

    case_id: str
    agent_id: str
    at: Instant


class ResolveCase(Struct, frozen=True, gc=False):
    """Settle a case."""

    case_id: str
    agent_id: str
    disposition: str
    tags: tuple[str, ...]
    at: Instant
    cancel_tasks: bool = False


class ReopenCase(Struct, frozen=True, gc=False):
    """Open a resolved case again."""

    case_id: str
    reason: str
    at: Instant


class TransferCase(Struct, frozen=True, gc=False):
    """Move a case to another queue, "" for the one it is in, or urgency, None for the one it has. `agent_id` is who
    does it, "" for a client.
    """

    case_id: str
    agent_id: str
    queue: str
    urgency: int | None
    reason: str
    at: Instant


class ShapeCase(Struct, frozen=True, gc=False):
    """Say of one case what rules say of those that begin to wait; None leaves something as it is, and terms without an
    agent take those there are away. `agent_id` is who says it, "" for a client.
    """

    case_id: str
    agent_id: str
    agent_terms: AgentTerms | None
    at: Instant
    tier: str | None = None
    within: CaseWithin | None = None


class EscalateCase(Struct, frozen=True, gc=False):
    """Send a case one level up, to `queue` or, where that is "", to the queue its own escalates to; at `urgency`, None
    for the one it has. `agent_id` is who does it, "" for a client.
    """

    case_id: str
    agent_id: str
    queue: str
    urgency: int | None
    reason: str
    at: Instant


class EscalatePost(Struct, frozen=True, gc=False):
    """Take a post out of its community: it speaks to a desk from now on, "" for the only one that knows it. Its
    author's case goes to `queue`, "" for that of its source, at `urgency` at least.
    """

    post_id: str
    desk: str
    queue: str
    urgency: int
    agent_id: str
    reason: str
    at: Instant


class AssignCase(Struct, frozen=True, gc=False):
    """Give a case to an agent. `agent_id` is who does it, "" for a client."""

    case_id: str
    agent_id: str
    to_agent_id: str
    reason: str
    is_forced: bool
    at: Instant


class CreateTask(Struct, frozen=True, gc=False):
    """Give another department its part of `case_id`: `task_id` in its queue. `agent_id` asks for it, "" a client."""

    case_id: str
    task_id: str
    queue: str
    reason: str
    urgency: int
    requirements: tuple[Requirement, ...]
    weight: int
    agent_id: str
    request_id: str
    at: Instant


class CloseTask(Struct, frozen=True, gc=False):
    """Close a task, whoever has it. `agent_id` is who does it, "" for a client."""

    case_id: str
    agent_id: str
    outcome: str
    at: Instant


class JoinCases(Struct, frozen=True, gc=False):
    """Join a case into `case_id`, which goes on. `agent_id` is who does it, "" for a client."""

    case_id: str
    joined_case_id: str
    agent_id: str
    at: Instant


class SplitCase(Struct, frozen=True, gc=False):
    """Take back that a case was joined. `agent_id` is who does it, "" for a client."""

    case_id: str
    agent_id: str
    at: Instant


class RegisterAgent(Struct, frozen=True, gc=False):
    """Register an agent, offline at first."""

    agent_id: str
    display_name: str
    skills: tuple[Skill, ...]
    capacity: int
    queues: tuple[str, ...]
    at: Instant
    channel_capacity: tuple[ChannelCapacity, ...] = ()
    shifts: ShiftPlan | None = None
    tag: str = ""
    pinned_skills: tuple[str, ...] = ()
    location: GeoPoint | None = None


class ChangeAgent(Struct, frozen=True, gc=False):
    """Change an agent's settings; None leaves one as it is. A plan without a time in it takes the one there is away."""

    agent_id: str
    display_name: str | None
    skills: tuple[Skill, ...] | None
    capacity: int | None
    queues: tuple[str, ...] | None
    at: Instant
    channel_capacity: tuple[ChannelCapacity, ...] | None = None
    shifts: ShiftPlan | None = None
    tag: str | None = None
    pinned_skills: tuple[str, ...] | None = None
    location: GeoPoint | None = None
    is_nowhere: bool = False
    """Whether it has no location from now on."""


class DeleteAgent(Struct, frozen=True, gc=False):
    """Delete an agent; its work goes back."""

    agent_id: str
    at: Instant


class SetPresence(Struct, frozen=True, gc=False):
    """Say whether an agent takes offers, and of which channels; of all where none is named."""

    agent_id: str
    presence: Presence
    at: Instant
    channels: tuple[str, ...] = ()


class DrainAgent(Struct, frozen=True, gc=False):
    """Let an agent finish what it has until a time, at the latest now or later; what is left then goes back."""

    agent_id: str
    until: Instant
    at: Instant


class CreateQueue(Struct, frozen=True, gc=False):
    """Create a queue."""

    queue_id: str
    display_name: str
    first_response_s: int
    offer_timeout_s: int
    requirements: tuple[Requirement, ...]
    at: Instant
    reply_timeout_s: int = 0
    supervise_after_returns: int = 0
    supervise_after_s: int = 0
    selection: Selection = Selection.UNSPECIFIED
    escalates_to: str = ""
    language_level: int = 0
    offer_width: int = 1
    claim_terms: ClaimTerms | None = None
    tier_level: int = 0
    is_uninterruptible: bool = False


class ChangeQueue(Struct, frozen=True, gc=False):
    """Change a queue's settings; None leaves one as it is."""

    queue_id: str
    display_name: str | None
    first_response_s: int | None
    offer_timeout_s: int | None
    requirements: tuple[Requirement, ...] | None
    at: Instant
    reply_timeout_s: int | None = None
    supervise_after_returns: int | None = None
    supervise_after_s: int | None = None
    selection: Selection | None = None
    escalates_to: str | None = None
    language_level: int | None = None
    offer_width: int | None = None
    claim_terms: ClaimTerms | None = None
    claims_end: bool = False
    """Whether its cases are offered from now on."""
    tier_level: int | None = None
    is_uninterruptible: bool | None = None


class DeleteQueue(Struct, frozen=True, gc=False):
    """Delete a queue; one that is in use only by force, and `successor` stands for it then."""

    queue_id: str
    force: bool
    successor: str
    at: Instant


class ChangePolicy(Struct, frozen=True, gc=False):
    """Change the tenant's routing policy; None leaves a setting as it is."""

    at: Instant
    ordering: Ordering | None = None
    selection: Selection | None = None
    late_share: int | None = None
    urgency_head_start_s: int | None = None
    skill_weights: tuple[SkillWeight, ...] | None = None
    preferred_s: int | None = None
    max_missed_offers: int | None = None
    decline_cooldown_s: int | None = None
    confirm_window_s: int | None = None
    absence_s: int | None = None
    channel_units: tuple[ChannelUnits, ...] | None = None
    pending_percent: int | None = None
    resume_percent: int | None = None
    wind_down_s: int | None = None
    rules: tuple[Rule, ...] | None = None
    relaxations: tuple[Relaxation, ...] | None = None
    tier_head_starts: tuple[TierHeadStart, ...] | None = None
    earned_levels: tuple[EarnedLevel, ...] | None = None
    places: tuple[Place, ...] | None = None
    rescue_s: int | None = None
    interrupts: tuple[Interrupts, ...] | None = None
    interrupted_s: int | None = None


class GrantGoodwill(Struct, frozen=True, gc=False):
    """Grant a case's customer something; `asks_approval` lets what is above the limit wait for somebody else."""

    case_id: str
    agent_id: str
    grant_id: str
    unit: str
    amount: int
    reason: str
    asks_approval: bool
    at: Instant


class DecideGoodwill(Struct, frozen=True, gc=False):
    """Say yes or no to what an agent asked for."""

    case_id: str
    grant_id: str
    by_agent_id: str
    approves: bool
    reason: str
    at: Instant


class ChangeDeskPolicy(Struct, frozen=True, gc=False):
    """Change what holds for desks; None leaves a setting as it is. Limits, approvers and terms are sorted."""

    limits: tuple[GoodwillTerms, ...] | None
    approvers: tuple[str, ...] | None
    jargon: tuple[JargonTerm, ...] | None
    at: Instant


class CreateCannedText(Struct, frozen=True, gc=False):
    """Create a text of the house; its form is right."""

    text_id: str
    display_name: str
    language: str
    queues: tuple[str, ...]
    text: str
    at: Instant


class ChangeCannedText(Struct, frozen=True, gc=False):
    """Change one; None leaves a setting as it is."""

    text_id: str
    display_name: str | None
    language: str | None
    queues: tuple[str, ...] | None
    text: str | None
    at: Instant


class DeleteCannedText(Struct, frozen=True, gc=False):
    """Delete one."""

    text_id: str
    at: Instant


class Tick(Struct, frozen=True, gc=False):
    """Say which time it is."""

    at: Instant


GoodwillCommand = GrantGoodwill | DecideGoodwill
"""What is asked of a customer's goodwill."""

ClaimCommand = ClaimCase | RenewClaim | SecondClaim
"""What is asked of a lease."""

CaseCommand = (
    AcceptOffer
    | DeclineOffer
    | ReleaseCase
    | ReplyToCase
    | RecordSent
    | RecordFailed
    | NoteCase
    | SaveDraft
    | DiscardDraft
    | PendCase
    | ResumeCase
    | ResolveCase
    | ReopenCase
    | TransferCase
)
"""What is asked of one case that is there."""

Command = (
    CaseCommand
    | ClaimCommand
    | VoteOnAnswer
    | GoodwillCommand
    | ChangeDeskPolicy
    | AttachPost
    | SightPost
    | AliasPost
    | DetachPost
    | SetSourceQueue
    | OpenCase
    | ShapeCase
    | EscalateCase
    | EscalatePost
    | AssignCase
    | CreateTask
    | CloseTask
    | JoinCases
    | SplitCase
    | RegisterAgent
    | ChangeAgent
    | DeleteAgent
    | SetPresence
    | DrainAgent
    | CreateQueue
    | ChangeQueue
    | DeleteQueue
    | ChangePolicy
    | CreateCannedText
    | ChangeCannedText
    | DeleteCannedText
    | Tick
)
"""Everything routing can be asked."""
