"""The facts of the `work` context as frozen data. Units, ranges and meanings of the fields: see events.proto."""

from dataclasses import dataclass

from chassis.clock import Instant

from routing.terms import (
    AuthorKind,
    CaseOrigin,
    Direction,
    PostKind,
    Presence,
    RememberedPost,
    Requirement,
    RescindReason,
    Sealed,
    Skill,
    WaitingFor,
)


@dataclass(frozen=True, slots=True)
class CaseOpened:
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


@dataclass(frozen=True, slots=True)
class PostAttached:
    """A post became part of a case."""

    case_id: str
    post_id: str
    direction: Direction
    author_kind: AuthorKind
    kind: PostKind
    identity_id: str
    thread_keys: tuple[str, ...]
    published_at: Instant
    received_at: Instant
    window_expires_at: Instant | None
    at: Instant


@dataclass(frozen=True, slots=True)
class CasesJoined:
    """A link showed that two cases are one."""

    case_id: str
    joined_case_id: str
    post_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseSplit:
    """A join was taken back."""

    case_id: str
    new_case_id: str
    post_ids: tuple[str, ...]
    actor: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseClassified:
    """A case's intent and requirements were determined."""

    case_id: str
    intent: str
    requirements: tuple[Requirement, ...]
    urgency: int
    classifier: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseQueued:
    """A case waits for an agent."""

    case_id: str
    queue: str
    urgency: int
    requirements: tuple[Requirement, ...]
    due_at: Instant
    waiting_since: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class RequirementRelaxed:
    """A waiting case asks for less."""

    case_id: str
    skill: str
    min_level: int
    step: int
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseOffered:
    """A case was offered to an agent, who is reserved for it."""

    case_id: str
    agent_id: str
    offer_id: str
    token: int
    weight: int
    expires_at: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    """The offered agent took the case."""

    case_id: str
    agent_id: str
    offer_id: str
    token: int
    at: Instant


@dataclass(frozen=True, slots=True)
class OfferDeclined:
    """The offered agent gave it back."""

    case_id: str
    agent_id: str
    offer_id: str
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class OfferExpired:
    """The offered agent did not answer in time."""

    case_id: str
    agent_id: str
    offer_id: str
    missed: int
    at: Instant


@dataclass(frozen=True, slots=True)
class OfferRescinded:
    """An offer was taken back."""

    case_id: str
    agent_id: str
    offer_id: str
    reason: RescindReason
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseClaimed:
    """An employee leased a case."""

    case_id: str
    agent_id: str
    token: int
    expires_at: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class ClaimLapsed:
    """A lease ran out."""

    case_id: str
    agent_id: str
    token: int
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseReleased:
    """The agent gave an accepted or claimed case back to its queue."""

    case_id: str
    agent_id: str
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class ReplyRequested:
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


@dataclass(frozen=True, slots=True)
class ReplySent:
    """The channel took a reply."""

    case_id: str
    reply_id: str
    agent_id: str
    author_kind: AuthorKind
    post_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """The channel refused a reply."""

    case_id: str
    reply_id: str
    agent_id: str
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseNoted:
    """An internal note."""

    case_id: str
    note_id: str
    agent_id: str
    text: Sealed
    at: Instant


@dataclass(frozen=True, slots=True)
class CasePended:
    """A case waits for somebody."""

    case_id: str
    agent_id: str
    waiting_for: WaitingFor
    until: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseResumed:
    """A pending case goes on."""

    case_id: str
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseTransferred:
    """A case went to another queue."""

    case_id: str
    agent_id: str
    queue: str
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseEscalated:
    """A case went up a level."""

    case_id: str
    agent_id: str
    level: int
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class TaskOpened:
    """Another department got a sub-task."""

    case_id: str
    task_id: str
    queue: str
    due_at: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class TaskClosed:
    """A sub-task is done."""

    case_id: str
    task_id: str
    agent_id: str
    outcome: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseResolved:
    """An agent says the matter is settled."""

    case_id: str
    agent_id: str
    disposition: str
    tags: tuple[str, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class ResolutionConfirmed:
    """The confirm window passed without a reopening."""

    case_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseReopened:
    """A resolved case is open again; a new episode begins."""

    case_id: str
    reason: str
    episode: int
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseWithdrawn:
    """The customer took it back: all of their posts are gone, or they said so."""

    case_id: str
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class PostDetached:
    """A post of the case was withdrawn by its author."""

    case_id: str
    post_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class AgentRegistered:
    """An agent was registered."""

    agent_id: str
    display_name: str
    skills: tuple[Skill, ...]
    capacity: int
    queues: tuple[str, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent's settings changed; carries them all as they are now."""

    agent_id: str
    display_name: str
    skills: tuple[Skill, ...]
    capacity: int
    queues: tuple[str, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """An agent came, left or stepped away."""

    agent_id: str
    presence: Presence
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """A queue was created or changed; carries its settings as they are now."""

    queue_id: str
    display_name: str
    first_response_s: int
    offer_timeout_s: int
    requirements: tuple[Requirement, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """The tenant's routing policy changed."""

    version: int
    max_missed_offers: int
    decline_cooldown_s: int
    confirm_window_s: int
    at: Instant


@dataclass(frozen=True, slots=True)
class SourceQueueChanged:
    """The queue that cases of a source go to was set, as told by the source's settings."""

    source_id: str
    queue: str
    at: Instant


@dataclass(frozen=True, slots=True)
class CaseRecalled:
    """A dormant case came back into the shard's memory because something touches it again.

    It changes nothing: it repeats what earlier events said, so that the log alone explains every later decision.
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
    posts: tuple[RememberedPost, ...]
    at: Instant
    opened_at: Instant
    accepted_at: Instant | None
    answered_at: Instant | None
    resolved_at: Instant | None
    disposition: str
    tags: tuple[str, ...]


CaseFact = (
    PostAttached
    | CaseSplit
    | CaseClassified
    | CaseQueued
    | RequirementRelaxed
    | CaseOffered
    | OfferAccepted
    | OfferDeclined
    | OfferExpired
    | OfferRescinded
    | CaseClaimed
    | ClaimLapsed
    | CaseReleased
    | ReplyRequested
    | ReplySent
    | ReplyFailed
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
)
"""What happens to one case that is there."""

AgentFact = AgentRegistered | AgentChanged | PresenceChanged
"""What happens to an agent itself."""

Event = (
    CaseFact | AgentFact | CaseOpened | CaseRecalled | CasesJoined | QueueChanged | PolicyChanged | SourceQueueChanged
)
"""Everything routing can say."""
