"""The facts of the `work` context as frozen data. Units, ranges and meanings of the fields: see events.proto."""

from chassis.clock import Instant
from msgspec import Struct
from switchboard.log.v1.log_structs import Sealed

from routing.terms import (
    AgentTerms,
    AuthorKind,
    CaseOrigin,
    ChannelCapacity,
    ChannelUnits,
    ClaimTerms,
    Direction,
    EarnedLevel,
    Escalation,
    GeoPoint,
    GivenAnswer,
    GoodwillGrant,
    GoodwillTerms,
    Interrupts,
    JargonTerm,
    Near,
    Ordering,
    Place,
    PostKind,
    PostRole,
    Presence,
    Relaxation,
    Requirement,
    RescindReason,
    Rule,
    Selection,
    ShiftPhase,
    ShiftPlan,
    Skill,
    SkillWeight,
    SourceLabel,
    TierHeadStart,
    Verdict,
    WaitingFor,
)


class PostThreaded(Struct, frozen=True, array_like=True, gc=False):
    """A post is known to a desk and has a place in a thread."""

    post_id: str
    desk: str
    source_id: str
    channel: str
    direction: Direction
    author_kind: AuthorKind
    kind: PostKind
    identity_id: str
    handle_id: str
    parent: str
    is_addressed: bool
    is_repost: bool
    thread_keys: tuple[str, ...]
    mentioned_ids: tuple[str, ...]
    language: str
    published_at: Instant
    received_at: Instant
    window_expires_at: Instant | None
    at: Instant
    alias_ids: tuple[str, ...] = ()
    thread_id: str = ""
    joined_thread_ids: tuple[str, ...] = ()
    opens_case_id: str = ""
    reach: int = 0


class PostAliased(Struct, frozen=True, array_like=True, gc=False):
    """A post's other ids became known."""

    post_id: str
    alias_ids: tuple[str, ...]
    thread_id: str
    joined_thread_ids: tuple[str, ...]
    at: Instant


class PostAddressed(Struct, frozen=True, array_like=True, gc=False):
    """What arrived later shows that a post is addressed to a desk."""

    post_id: str
    desk: str
    thread_id: str
    at: Instant


class PostUnthreaded(Struct, frozen=True, array_like=True, gc=False):
    """A post's author took it back; it keeps its place in the thread."""

    post_id: str
    thread_id: str
    at: Instant


class ThreadReviewed(Struct, frozen=True, array_like=True, gc=False):
    """What a late arrival means for these was decided."""

    ids: tuple[str, ...]
    at: Instant


class RecalledRole(Struct, frozen=True, array_like=True, gc=False):
    """What a recalled post is to a case."""

    case_id: str
    customer_id: str
    role: PostRole
    answers_published_at: Instant | None = None


class RecalledPost(Struct, frozen=True, array_like=True, gc=False):
    """A post of a recalled thread, as one desk knows it."""

    threaded: PostThreaded
    is_withdrawn: bool
    roles: tuple[RecalledRole, ...]


class ThreadRecalled(Struct, frozen=True, array_like=True, gc=False):
    """A dormant thread came back into the shard's memory because something touches it again. It changes nothing."""

    thread_id: str
    thread_keys: tuple[str, ...]
    posts: tuple[RecalledPost, ...]
    at: Instant
    is_partial: bool = False


class CaseOpened(Struct, frozen=True, array_like=True, gc=False):
    """A case was opened."""

    case_id: str
    origin: CaseOrigin
    direction: Direction
    channel: str
    source_id: str
    identity_id: str
    language: str
    weight: int
    request_id: str
    at: Instant
    desk: str = ""
    thread_id: str = ""


class PostAttached(Struct, frozen=True, array_like=True, gc=False):
    """A post became part of a case."""

    case_id: str
    post_id: str
    direction: Direction
    author_kind: AuthorKind
    kind: PostKind
    identity_id: str
    published_at: Instant
    received_at: Instant
    window_expires_at: Instant | None
    at: Instant
    source_id: str = ""
    owed_since: Instant | None = None
    role: PostRole = PostRole.UNSPECIFIED
    answers_published_at: Instant | None = None
    customer_id: str = ""


class PostPlaced(Struct, frozen=True, array_like=True, gc=False):
    """A post got its place in a thread, and in a case that is there: PostThreaded and PostAttached in one fact."""

    case_id: str
    post: PostThreaded
    role: PostRole
    customer_id: str
    owed_since: Instant | None
    answers_published_at: Instant | None
    at: Instant

    @property
    def attached(self) -> PostAttached:
        """The same of the case alone."""
        post = self.post
        return PostAttached(
            self.case_id,
            post.post_id,
            post.direction,
            post.author_kind,
            post.kind,
            post.identity_id,
            post.published_at,
            post.received_at,
            post.window_expires_at,
            self.at,
            post.source_id,
            self.owed_since,
            self.role,
            self.answers_published_at,
            self.customer_id,
        )


class CasesJoined(Struct, frozen=True, array_like=True, gc=False):
    """Two cases are worked as one: a link showed that they are one, or, `actor` says who, somebody joined them."""

    case_id: str
    joined_case_id: str
    post_id: str
    at: Instant
    owed_since: Instant | None = None
    actor: str = ""
    agent_id: str = ""


class CaseSplit(Struct, frozen=True, array_like=True, gc=False):
    """What somebody joined is two cases again."""

    case_id: str
    new_case_id: str
    post_ids: tuple[str, ...]
    actor: str
    at: Instant


class JoinedCasePlaced(Struct, frozen=True, array_like=True, gc=False):
    """A case that somebody joined began to wait, at another place, or waits no longer."""

    case_id: str
    joined_case_id: str
    waiting_since: Instant | None
    due_at: Instant | None
    deadline: Instant | None
    urgency: int
    agent_id: str
    at: Instant
    keeps_limit: bool = False


class CaseClassified(Struct, frozen=True, array_like=True, gc=False):
    """A case's intent and requirements were determined."""

    case_id: str
    intent: str
    requirements: tuple[Requirement, ...]
    urgency: int
    classifier: str
    at: Instant


class CaseQueued(Struct, frozen=True, array_like=True, gc=False):
    """A case waits for an agent."""

    case_id: str
    queue: str
    urgency: int
    requirements: tuple[Requirement, ...]
    due_at: Instant
    waiting_since: Instant
    at: Instant
    for_joined: bool = False
    weight: int = 0
    rule_ids: tuple[str, ...] = ()
    policy_version: int = 0
    agent_terms: AgentTerms | None = None
    tier: str = ""
    near: Near | None = None
    is_uninterruptible: bool = False


class CaseBegun(Struct, frozen=True, array_like=True, gc=False):
    """A customer's post opened a case that waits for an agent: PostThreaded, CaseOpened, PostAttached and CaseQueued in
    one fact.
    """

    case_id: str
    post: PostThreaded
    weight: int
    queue: str
    urgency: int
    requirements: tuple[Requirement, ...]
    due_at: Instant
    at: Instant
    rule_ids: tuple[str, ...] = ()
    policy_version: int = 0
    agent_terms: AgentTerms | None = None
    tier: str = ""
    near: Near | None = None
    is_uninterruptible: bool = False


class RequirementRelaxed(Struct, frozen=True, array_like=True, gc=False):
    """A waiting case asks for less."""

    case_id: str
    skill: str
    min_level: int
    step: int
    at: Instant
    requirements: tuple[Requirement, ...] = ()
    queues: tuple[str, ...] = ()
    policy_version: int = 0
    near: Near | None = None


class CaseOffered(Struct, frozen=True, array_like=True, gc=False):
    """A case was offered to an agent, who is reserved for it."""

    case_id: str
    agent_id: str
    offer_id: str
    token: int
    weight: int
    expires_at: Instant
    at: Instant
    policy_version: int = 0
    is_preferred: bool = False
    width: int = 0
    interrupts: tuple[str, ...] = ()


class OfferAccepted(Struct, frozen=True, array_like=True, gc=False):
    """The offered agent took the case."""

    case_id: str
    agent_id: str
    offer_id: str
    token: int
    at: Instant
    joined_case_ids: tuple[str, ...] = ()
    reply_due_at: Instant | None = None
    interrupts: tuple[str, ...] = ()


class OfferDeclined(Struct, frozen=True, array_like=True, gc=False):
    """The offered agent gave it back."""

    case_id: str
    agent_id: str
    offer_id: str
    reason: str
    at: Instant


class OfferExpired(Struct, frozen=True, array_like=True, gc=False):
    """The offered agent did not answer in time."""

    case_id: str
    agent_id: str
    offer_id: str
    missed: int
    at: Instant


class OfferRescinded(Struct, frozen=True, array_like=True, gc=False):
    """An offer was taken back."""

    case_id: str
    agent_id: str
    offer_id: str
    reason: RescindReason
    at: Instant


class CaseClaimed(Struct, frozen=True, array_like=True, gc=False):
    """An employee leased a case."""

    case_id: str
    agent_id: str
    token: int
    expires_at: Instant
    at: Instant
    joined_case_ids: tuple[str, ...] = ()
    signature: str = ""
    opinion_due_at: Instant | None = None


class ClaimRenewed(Struct, frozen=True, array_like=True, gc=False):
    """A lease goes on for longer."""

    case_id: str
    agent_id: str
    token: int
    expires_at: Instant
    at: Instant


class ClaimSeconded(Struct, frozen=True, array_like=True, gc=False):
    """A second employee agrees with what the first is about to reply."""

    case_id: str
    agent_id: str
    token: int
    at: Instant


class ClaimLapsed(Struct, frozen=True, array_like=True, gc=False):
    """A lease ran out."""

    case_id: str
    agent_id: str
    token: int
    at: Instant


class CaseReleased(Struct, frozen=True, array_like=True, gc=False):
    """The agent gave an accepted or claimed case back to its queue."""

    case_id: str
    agent_id: str
    reason: str
    at: Instant
    is_asked: bool = False
    is_crowded_out: bool = False
    is_joined: bool = False


class ReplyRequested(Struct, frozen=True, array_like=True, gc=False):
    """An agent wants a reply sent."""

    case_id: str
    reply_id: str
    agent_id: str
    in_reply_to: str
    author_kind: AuthorKind
    text_length: int
    text: Sealed
    source_id: str
    at: Instant
    answers_published_at: Instant | None = None
    barge_reason: str = ""
    sketch: bytes = b""
    topics: tuple[str, ...] = ()


class AnswerVoted(Struct, frozen=True, array_like=True, gc=False):
    """An employee said what it thinks of another one's answer."""

    case_id: str
    reply_id: str
    agent_id: str
    verdict: Verdict
    is_expert: bool
    answered_by: str
    topics: tuple[str, ...]
    replaced: Verdict
    at: Instant
    given_at: Instant | None = None


class ReplySent(Struct, frozen=True, array_like=True, gc=False):
    """The channel took a reply."""

    case_id: str
    reply_id: str
    agent_id: str
    author_kind: AuthorKind
    post_id: str
    at: Instant
    owed_since: Instant | None = None
    answers_published_at: Instant | None = None
    asked_at: Instant | None = None


class ReplyFailed(Struct, frozen=True, array_like=True, gc=False):
    """The channel refused a reply."""

    case_id: str
    reply_id: str
    agent_id: str
    reason: str
    at: Instant


class CaseNoted(Struct, frozen=True, array_like=True, gc=False):
    """An internal note."""

    case_id: str
    note_id: str
    agent_id: str
    text: Sealed
    at: Instant


class CasePended(Struct, frozen=True, array_like=True, gc=False):
    """A case waits for somebody."""

    case_id: str
    agent_id: str
    waiting_for: WaitingFor
    until: Instant
    at: Instant
    weight_percent: int = 0
    interrupted_by: str = ""


class CaseResumed(Struct, frozen=True, array_like=True, gc=False):
    """A pending case goes on."""

    case_id: str
    reason: str
    at: Instant
    agent_id: str = ""
    """Who has it; "" in older facts."""


class CaseTransferred(Struct, frozen=True, array_like=True, gc=False):
    """A case went to another queue, or got another urgency."""

    case_id: str
    agent_id: str
    queue: str
    reason: str
    at: Instant
    urgency: int


class CaseEscalated(Struct, frozen=True, array_like=True, gc=False):
    """A case went up a level, to another queue."""

    case_id: str
    agent_id: str
    level: int
    reason: str
    at: Instant
    queue: str = ""
    from_queue: str = ""
    urgency: int = 0


class TaskOpened(Struct, frozen=True, array_like=True, gc=False):
    """Another department got its part of a case, a case of its own."""

    case_id: str
    task_id: str
    queue: str
    due_at: Instant
    at: Instant
    agent_id: str = ""
    reason: str = ""


class TaskClosed(Struct, frozen=True, array_like=True, gc=False):
    """A task is done, or not wanted any more."""

    case_id: str
    task_id: str
    agent_id: str
    outcome: str
    at: Instant
    holder_id: str = ""


class CaseResolved(Struct, frozen=True, array_like=True, gc=False):
    """An agent says the matter is settled."""

    case_id: str
    agent_id: str
    disposition: str
    tags: tuple[str, ...]
    at: Instant


class ResolutionConfirmed(Struct, frozen=True, array_like=True, gc=False):
    """The confirm window passed without a reopening."""

    case_id: str
    at: Instant


class CaseReopened(Struct, frozen=True, array_like=True, gc=False):
    """A resolved case is open again; a new episode begins."""

    case_id: str
    reason: str
    episode: int
    at: Instant


class CaseWithdrawn(Struct, frozen=True, array_like=True, gc=False):
    """The customer took it back: all of their posts are gone, or they said so."""

    case_id: str
    reason: str
    at: Instant


class PostDetached(Struct, frozen=True, array_like=True, gc=False):
    """A post is no longer part of the case."""

    case_id: str
    post_id: str
    at: Instant
    direction: Direction = Direction.UNSPECIFIED
    author_kind: AuthorKind = AuthorKind.UNSPECIFIED
    owed_since: Instant | None = None
    latest_post_id: str = ""
    latest_published_at: Instant | None = None
    window_expires_at: Instant | None = None
    role: PostRole = PostRole.UNSPECIFIED
    is_moved: bool = False
    answered_until: Instant | None = None
    answered_at: Instant | None = None


class AgentRegistered(Struct, frozen=True, array_like=True, gc=False):
    """An agent was registered."""

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


class AgentChanged(Struct, frozen=True, array_like=True, gc=False):
    """An agent's settings changed; carries them all as they are now."""

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


class PresenceChanged(Struct, frozen=True, array_like=True, gc=False):
    """An agent came, left or stepped away."""

    agent_id: str
    presence: Presence
    reason: str
    at: Instant
    leaves_at: Instant | None = None
    channels: tuple[str, ...] = ()


class ShiftChanged(Struct, frozen=True, array_like=True, gc=False):
    """An agent's shift was planned, began, came to its last part, or was planned anew after it had ended."""

    agent_id: str
    phase: ShiftPhase
    starts_at: Instant | None
    ends_at: Instant | None
    offers_until: Instant | None
    at: Instant


class SkillEarned(Struct, frozen=True, array_like=True, gc=False):
    """What an agent has earned of a skill is another level now."""

    agent_id: str
    skill: str
    level: int
    helpful: int
    unhelpful: int
    policy_version: int
    at: Instant


class QueueChanged(Struct, frozen=True, array_like=True, gc=False):
    """A queue was created or changed; carries its settings as they are now."""

    queue_id: str
    display_name: str
    first_response_s: int
    offer_timeout_s: int
    requirements: tuple[Requirement, ...]
    at: Instant
    selection: Selection = Selection.UNSPECIFIED
    reply_timeout_s: int = 0
    supervise_after_returns: int = 0
    supervise_after_s: int = 0
    escalates_to: str = ""
    language_level: int = 0
    offer_width: int = 0
    claim_terms: ClaimTerms | None = None
    tier_level: int = 0
    is_uninterruptible: bool = False


class QueueDeleted(Struct, frozen=True, array_like=True, gc=False):
    """A queue was deleted; what still names it means its successor, "" for the default."""

    queue_id: str
    successor: str
    at: Instant


class QueueCleared(Struct, frozen=True, array_like=True, gc=False):
    """Every open case and every agent of a deleted queue is with its successor."""

    queue_id: str
    at: Instant


class AgentDeleted(Struct, frozen=True, array_like=True, gc=False):
    """An agent was deleted; it has no work."""

    agent_id: str
    at: Instant


class PolicyChanged(Struct, frozen=True, array_like=True, gc=False):
    """The tenant's routing policy changed; carries it whole, as it is now."""

    version: int
    max_missed_offers: int
    decline_cooldown_s: int
    confirm_window_s: int
    at: Instant
    ordering: Ordering = Ordering.UNSPECIFIED
    selection: Selection = Selection.UNSPECIFIED
    late_share: int = 0
    urgency_head_start_s: int = 0
    skill_weights: tuple[SkillWeight, ...] = ()
    preferred_s: int = 0
    absence_s: int = 0
    channel_units: tuple[ChannelUnits, ...] = ()
    pending_percent: int = 0
    resume_percent: int = 0
    wind_down_s: int = 0
    rules: tuple[Rule, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    tier_head_starts: tuple[TierHeadStart, ...] = ()
    earned_levels: tuple[EarnedLevel, ...] = ()
    places: tuple[Place, ...] = ()
    rescue_s: int = 0
    interrupts: tuple[Interrupts, ...] = ()
    interrupted_s: int = 0


class SourceQueueChanged(Struct, frozen=True, array_like=True, gc=False):
    """The queue that cases of a source go to was set, as told by the source's settings."""

    source_id: str
    queue: str
    at: Instant


class SourceLabelsChanged(Struct, frozen=True, array_like=True, gc=False):
    """What a source is said to be changed, as told by its settings; carries all of it."""

    source_id: str
    labels: tuple[SourceLabel, ...]
    at: Instant


class CaseRecalled(Struct, frozen=True, array_like=True, gc=False):
    """A dormant case came back into the shard's memory because something touches it again.

    It changes nothing: it sums up what earlier events said, so that the log alone explains every later decision.
    """

    case_id: str
    origin: CaseOrigin
    direction: Direction
    channel: str
    source_id: str
    identity_id: str
    language: str
    weight: int
    episode: int
    token: int
    stage: str
    agent_id: str
    closed_at: Instant | None
    answered_until: Instant | None
    queue: str
    urgency: int
    requirements: tuple[Requirement, ...]
    post_count: int
    at: Instant
    opened_at: Instant
    accepted_at: Instant | None
    answered_at: Instant | None
    resolved_at: Instant | None
    disposition: str
    tags: tuple[str, ...]
    customer_post_count: int
    latest_post_id: str
    latest_published_at: Instant | None
    window_expires_at: Instant | None
    desk: str = ""
    thread_id: str = ""
    acted_until: Instant | None = None
    escalation: Escalation | None = None
    parent_id: str = ""
    answers: tuple[GivenAnswer, ...] = ()
    rule_ids: tuple[str, ...] = ()
    policy_version: int = 0
    agent_terms: AgentTerms | None = None
    tier: str = ""
    goodwill: tuple[GoodwillGrant, ...] = ()
    near: Near | None = None
    kind: PostKind = PostKind.UNSPECIFIED
    is_uninterruptible: bool = False


class CaseSupervised(Struct, frozen=True, array_like=True, gc=False):
    """A waiting case is not offered any more: a supervisor is to move it on."""

    case_id: str
    queue: str
    reason: str
    returns: int
    at: Instant


class CaseAssigned(Struct, frozen=True, array_like=True, gc=False):
    """Somebody gave a case to an agent."""

    case_id: str
    agent_id: str
    by_agent_id: str
    reason: str
    is_over_capacity: bool
    at: Instant
    joined_case_ids: tuple[str, ...] = ()
    reply_due_at: Instant | None = None
    is_forbidden: bool = False


class CaseAgentsChanged(Struct, frozen=True, array_like=True, gc=False):
    """Somebody said which agents a case is for first, and which it is not for."""

    case_id: str
    by_agent_id: str
    agent_terms: AgentTerms | None
    at: Instant


class CaseTierChanged(Struct, frozen=True, array_like=True, gc=False):
    """Somebody said of which tier a case's customer is."""

    case_id: str
    by_agent_id: str
    tier: str
    requirements: tuple[Requirement, ...]
    at: Instant


class CaseNearChanged(Struct, frozen=True, array_like=True, gc=False):
    """Somebody said where an agent is to be for a case."""

    case_id: str
    by_agent_id: str
    near: Near | None
    requirements: tuple[Requirement, ...]
    at: Instant


class DraftSaved(Struct, frozen=True, array_like=True, gc=False):
    """A text that an agent is writing was kept."""

    case_id: str
    agent_id: str
    text: Sealed
    text_length: int
    at: Instant


class DraftDiscarded(Struct, frozen=True, array_like=True, gc=False):
    """An agent threw a draft away."""

    case_id: str
    agent_id: str
    at: Instant


class GoodwillGranted(Struct, frozen=True, array_like=True, gc=False):
    """An agent granted its customer something within its limit."""

    case_id: str
    agent_id: str
    grant_id: str
    unit: str
    amount: int
    reason: str
    at: Instant


class GoodwillAsked(Struct, frozen=True, array_like=True, gc=False):
    """An agent asked to grant more than it may by itself."""

    case_id: str
    agent_id: str
    grant_id: str
    unit: str
    amount: int
    reason: str
    at: Instant


class GoodwillApproved(Struct, frozen=True, array_like=True, gc=False):
    """Somebody else granted what an agent asked for."""

    case_id: str
    agent_id: str
    grant_id: str
    by_agent_id: str
    reason: str
    at: Instant


class GoodwillRefused(Struct, frozen=True, array_like=True, gc=False):
    """Somebody else said no to what an agent asked for."""

    case_id: str
    agent_id: str
    grant_id: str
    by_agent_id: str
    reason: str
    at: Instant


class DeskPolicyChanged(Struct, frozen=True, array_like=True, gc=False):
    """What holds for agents' desks changed; carries it whole, as it is now."""

    limits: tuple[GoodwillTerms, ...]
    approvers: tuple[str, ...]
    jargon: tuple[JargonTerm, ...]
    at: Instant


class CannedTextChanged(Struct, frozen=True, array_like=True, gc=False):
    """A text of the house was created or changed; carries it whole, as it is now."""

    text_id: str
    display_name: str
    language: str
    queues: tuple[str, ...]
    text: str
    at: Instant


class CannedTextDeleted(Struct, frozen=True, array_like=True, gc=False):
    """A text of the house was deleted."""

    text_id: str
    at: Instant


CaseFact = (
    PostAttached
    | PostPlaced
    | CaseClassified
    | CaseQueued
    | RequirementRelaxed
    | CaseOffered
    | OfferAccepted
    | OfferDeclined
    | OfferExpired
    | OfferRescinded
    | CaseClaimed
    | ClaimRenewed
    | ClaimSeconded
    | ClaimLapsed
    | CaseReleased
    | ReplyRequested
    | ReplySent
    | ReplyFailed
    | AnswerVoted
    | CaseNoted
    | CasePended
    | CaseResumed
    | CaseTransferred
    | CaseEscalated
    | TaskOpened
    | TaskClosed
    | CaseResolved
    | ResolutionConfirmed
    | CaseReopened
    | CaseWithdrawn
    | PostDetached
    | CaseSupervised
    | CaseAssigned
    | GoodwillGranted
    | GoodwillAsked
    | GoodwillApproved
    | GoodwillRefused
    | CaseAgentsChanged
    | CaseTierChanged
    | CaseNearChanged
)
"""What happens to one case that is there."""

CaseEvent = CaseFact | CaseBegun | CaseOpened | CaseRecalled | CasesJoined | JoinedCasePlaced | CaseSplit
"""What happens to cases."""

AgentFact = AgentRegistered | AgentChanged | SkillEarned | PresenceChanged | ShiftChanged | AgentDeleted
"""What happens to an agent itself."""

SettingFact = (
    QueueChanged
    | QueueDeleted
    | QueueCleared
    | PolicyChanged
    | SourceQueueChanged
    | SourceLabelsChanged
    | DeskPolicyChanged
)
"""What holds for what is decided from now on."""

CannedFact = CannedTextChanged | CannedTextDeleted
"""What happens to texts of the house."""

ThreadFact = PostThreaded | PostAliased | PostAddressed | PostUnthreaded | ThreadReviewed | ThreadRecalled
"""What happens to threads."""

DraftFact = DraftSaved | DraftDiscarded
"""What happens to texts that are not sent yet. It changes no case: who writes is no act on it."""

Event = CaseEvent | ThreadFact | AgentFact | SettingFact | DraftFact | CannedFact
"""Everything routing can say."""
