import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from switchboard.crm.v1 import events_pb2 as _events_pb2
from switchboard.log.v1 import log_pb2 as _log_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Survivorship(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SURVIVORSHIP_UNSPECIFIED: _ClassVar[Survivorship]
    SURVIVORSHIP_VERIFIED_FIRST: _ClassVar[Survivorship]
    SURVIVORSHIP_SOURCE_PRIORITY: _ClassVar[Survivorship]
    SURVIVORSHIP_MOST_RECENT: _ClassVar[Survivorship]
    SURVIVORSHIP_SET_UNION: _ClassVar[Survivorship]

class DecidedBy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DECIDED_BY_UNSPECIFIED: _ClassVar[DecidedBy]
    DECIDED_BY_VERIFIED: _ClassVar[DecidedBy]
    DECIDED_BY_SOURCE_RANK: _ClassVar[DecidedBy]
    DECIDED_BY_FRESHNESS: _ClassVar[DecidedBy]
    DECIDED_BY_OBSERVED_AT: _ClassVar[DecidedBy]
    DECIDED_BY_EVENT_ID: _ClassVar[DecidedBy]

class ContactDefect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTACT_DEFECT_UNSPECIFIED: _ClassVar[ContactDefect]
    CONTACT_DEFECT_MALFORMED: _ClassVar[ContactDefect]
    CONTACT_DEFECT_NATIONAL: _ClassVar[ContactDefect]
    CONTACT_DEFECT_ROLE: _ClassVar[ContactDefect]
    CONTACT_DEFECT_RESERVED: _ClassVar[ContactDefect]
    CONTACT_DEFECT_FILLER: _ClassVar[ContactDefect]
    CONTACT_DEFECT_TOO_MANY: _ClassVar[ContactDefect]
SURVIVORSHIP_UNSPECIFIED: Survivorship
SURVIVORSHIP_VERIFIED_FIRST: Survivorship
SURVIVORSHIP_SOURCE_PRIORITY: Survivorship
SURVIVORSHIP_MOST_RECENT: Survivorship
SURVIVORSHIP_SET_UNION: Survivorship
DECIDED_BY_UNSPECIFIED: DecidedBy
DECIDED_BY_VERIFIED: DecidedBy
DECIDED_BY_SOURCE_RANK: DecidedBy
DECIDED_BY_FRESHNESS: DecidedBy
DECIDED_BY_OBSERVED_AT: DecidedBy
DECIDED_BY_EVENT_ID: DecidedBy
CONTACT_DEFECT_UNSPECIFIED: ContactDefect
CONTACT_DEFECT_MALFORMED: ContactDefect
CONTACT_DEFECT_NATIONAL: ContactDefect
CONTACT_DEFECT_ROLE: ContactDefect
CONTACT_DEFECT_RESERVED: ContactDefect
CONTACT_DEFECT_FILLER: ContactDefect
CONTACT_DEFECT_TOO_MANY: ContactDefect

class IdentityKey(_message.Message):
    __slots__ = ("channel", "account_scope", "external_id")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_SCOPE_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    channel: str
    account_scope: str
    external_id: str
    def __init__(self, channel: _Optional[str] = ..., account_scope: _Optional[str] = ..., external_id: _Optional[str] = ...) -> None: ...

class ContactKey(_message.Message):
    __slots__ = ("kind", "value", "region")
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    kind: str
    value: str
    region: str
    def __init__(self, kind: _Optional[str] = ..., value: _Optional[str] = ..., region: _Optional[str] = ...) -> None: ...

class Identity(_message.Message):
    __slots__ = ("name", "channel", "source", "external_id", "handle", "display_name", "founded_at", "erased_at", "readability")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    FOUNDED_AT_FIELD_NUMBER: _ClassVar[int]
    ERASED_AT_FIELD_NUMBER: _ClassVar[int]
    READABILITY_FIELD_NUMBER: _ClassVar[int]
    name: str
    channel: str
    source: str
    external_id: str
    handle: str
    display_name: str
    founded_at: _timestamp_pb2.Timestamp
    erased_at: _timestamp_pb2.Timestamp
    readability: _log_pb2.Readability
    def __init__(self, name: _Optional[str] = ..., channel: _Optional[str] = ..., source: _Optional[str] = ..., external_id: _Optional[str] = ..., handle: _Optional[str] = ..., display_name: _Optional[str] = ..., founded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., erased_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., readability: _Optional[_Union[_log_pb2.Readability, str]] = ...) -> None: ...

class AttributeValue(_message.Message):
    __slots__ = ("attribute", "value", "verified", "confidence", "source", "identity", "observed_at", "purpose", "event_id", "cause_id", "candidates", "readability", "defect")
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    CAUSE_ID_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    READABILITY_FIELD_NUMBER: _ClassVar[int]
    DEFECT_FIELD_NUMBER: _ClassVar[int]
    attribute: str
    value: str
    verified: bool
    confidence: float
    source: str
    identity: str
    observed_at: _timestamp_pb2.Timestamp
    purpose: str
    event_id: str
    cause_id: str
    candidates: int
    readability: _log_pb2.Readability
    defect: ContactDefect
    def __init__(self, attribute: _Optional[str] = ..., value: _Optional[str] = ..., verified: _Optional[bool] = ..., confidence: _Optional[float] = ..., source: _Optional[str] = ..., identity: _Optional[str] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., purpose: _Optional[str] = ..., event_id: _Optional[str] = ..., cause_id: _Optional[str] = ..., candidates: _Optional[int] = ..., readability: _Optional[_Union[_log_pb2.Readability, str]] = ..., defect: _Optional[_Union[ContactDefect, str]] = ...) -> None: ...

class Link(_message.Message):
    __slots__ = ("identity_a", "identity_b", "active", "reason", "attribute", "ruleset", "actor", "linked_at", "linked_event_id", "unlinked_at", "unlinked_event_id", "forbidden", "forbidden_event_id", "conflicts")
    IDENTITY_A_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_B_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    RULESET_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    LINKED_AT_FIELD_NUMBER: _ClassVar[int]
    LINKED_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    UNLINKED_AT_FIELD_NUMBER: _ClassVar[int]
    UNLINKED_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    FORBIDDEN_FIELD_NUMBER: _ClassVar[int]
    FORBIDDEN_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    CONFLICTS_FIELD_NUMBER: _ClassVar[int]
    identity_a: str
    identity_b: str
    active: bool
    reason: _events_pb2.LinkReason
    attribute: str
    ruleset: str
    actor: str
    linked_at: _timestamp_pb2.Timestamp
    linked_event_id: str
    unlinked_at: _timestamp_pb2.Timestamp
    unlinked_event_id: str
    forbidden: bool
    forbidden_event_id: str
    conflicts: _containers.RepeatedCompositeFieldContainer[Conflict]
    def __init__(self, identity_a: _Optional[str] = ..., identity_b: _Optional[str] = ..., active: _Optional[bool] = ..., reason: _Optional[_Union[_events_pb2.LinkReason, str]] = ..., attribute: _Optional[str] = ..., ruleset: _Optional[str] = ..., actor: _Optional[str] = ..., linked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., linked_event_id: _Optional[str] = ..., unlinked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., unlinked_event_id: _Optional[str] = ..., forbidden: _Optional[bool] = ..., forbidden_event_id: _Optional[str] = ..., conflicts: _Optional[_Iterable[_Union[Conflict, _Mapping]]] = ...) -> None: ...

class Conflict(_message.Message):
    __slots__ = ("reason", "attribute", "disputed", "at", "event_id")
    REASON_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    DISPUTED_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    reason: _events_pb2.ConflictReason
    attribute: str
    disputed: str
    at: _timestamp_pb2.Timestamp
    event_id: str
    def __init__(self, reason: _Optional[_Union[_events_pb2.ConflictReason, str]] = ..., attribute: _Optional[str] = ..., disputed: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., event_id: _Optional[str] = ...) -> None: ...

class Customer(_message.Message):
    __slots__ = ("name", "identities", "attributes", "links", "founded_at", "erased_at", "merged")
    NAME_FIELD_NUMBER: _ClassVar[int]
    IDENTITIES_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    FOUNDED_AT_FIELD_NUMBER: _ClassVar[int]
    ERASED_AT_FIELD_NUMBER: _ClassVar[int]
    MERGED_FIELD_NUMBER: _ClassVar[int]
    name: str
    identities: _containers.RepeatedCompositeFieldContainer[Identity]
    attributes: _containers.RepeatedCompositeFieldContainer[AttributeValue]
    links: _containers.RepeatedCompositeFieldContainer[Link]
    founded_at: _timestamp_pb2.Timestamp
    erased_at: _timestamp_pb2.Timestamp
    merged: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., identities: _Optional[_Iterable[_Union[Identity, _Mapping]]] = ..., attributes: _Optional[_Iterable[_Union[AttributeValue, _Mapping]]] = ..., links: _Optional[_Iterable[_Union[Link, _Mapping]]] = ..., founded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., erased_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., merged: _Optional[_Iterable[str]] = ...) -> None: ...

class ListAttributeValuesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "min_position", "filter")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    min_position: str
    filter: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_position: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListAttributeValuesResponse(_message.Message):
    __slots__ = ("values", "next_page_token")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[AttributeValue]
    next_page_token: str
    def __init__(self, values: _Optional[_Iterable[_Union[AttributeValue, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListLinksRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "min_position")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    min_position: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class ListLinksResponse(_message.Message):
    __slots__ = ("links", "next_page_token")
    LINKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    links: _containers.RepeatedCompositeFieldContainer[Link]
    next_page_token: str
    def __init__(self, links: _Optional[_Iterable[_Union[Link, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("value", "source_rank", "behind_by", "winner")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_RANK_FIELD_NUMBER: _ClassVar[int]
    BEHIND_BY_FIELD_NUMBER: _ClassVar[int]
    WINNER_FIELD_NUMBER: _ClassVar[int]
    value: AttributeValue
    source_rank: int
    behind_by: DecidedBy
    winner: bool
    def __init__(self, value: _Optional[_Union[AttributeValue, _Mapping]] = ..., source_rank: _Optional[int] = ..., behind_by: _Optional[_Union[DecidedBy, str]] = ..., winner: _Optional[bool] = ...) -> None: ...

class LookupCustomerRequest(_message.Message):
    __slots__ = ("parent", "identity", "identity_key", "contact", "min_position")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_KEY_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    parent: str
    identity: str
    identity_key: IdentityKey
    contact: ContactKey
    min_position: str
    def __init__(self, parent: _Optional[str] = ..., identity: _Optional[str] = ..., identity_key: _Optional[_Union[IdentityKey, _Mapping]] = ..., contact: _Optional[_Union[ContactKey, _Mapping]] = ..., min_position: _Optional[str] = ...) -> None: ...

class LookupCustomerResponse(_message.Message):
    __slots__ = ("customer", "others")
    CUSTOMER_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    customer: Customer
    others: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, customer: _Optional[_Union[Customer, _Mapping]] = ..., others: _Optional[_Iterable[str]] = ...) -> None: ...

class GetCustomerRequest(_message.Message):
    __slots__ = ("name", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_position: str
    def __init__(self, name: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class GetCustomerResponse(_message.Message):
    __slots__ = ("customer",)
    CUSTOMER_FIELD_NUMBER: _ClassVar[int]
    customer: Customer
    def __init__(self, customer: _Optional[_Union[Customer, _Mapping]] = ...) -> None: ...

class ListCustomersRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "min_position")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    min_position: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class ListCustomersResponse(_message.Message):
    __slots__ = ("customers", "next_page_token")
    CUSTOMERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    customers: _containers.RepeatedCompositeFieldContainer[Customer]
    next_page_token: str
    def __init__(self, customers: _Optional[_Iterable[_Union[Customer, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AttributeAssertion(_message.Message):
    __slots__ = ("attribute", "value", "verified", "confidence", "region")
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    attribute: str
    value: str
    verified: bool
    confidence: float
    region: str
    def __init__(self, attribute: _Optional[str] = ..., value: _Optional[str] = ..., verified: _Optional[bool] = ..., confidence: _Optional[float] = ..., region: _Optional[str] = ...) -> None: ...

class UnlinkableContact(_message.Message):
    __slots__ = ("index", "defect")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    DEFECT_FIELD_NUMBER: _ClassVar[int]
    index: int
    defect: ContactDefect
    def __init__(self, index: _Optional[int] = ..., defect: _Optional[_Union[ContactDefect, str]] = ...) -> None: ...

class AssertAttributesRequest(_message.Message):
    __slots__ = ("parent", "identity", "identity_key", "attributes", "source", "purpose", "observed_at", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_KEY_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    identity: str
    identity_key: IdentityKey
    attributes: _containers.RepeatedCompositeFieldContainer[AttributeAssertion]
    source: str
    purpose: str
    observed_at: _timestamp_pb2.Timestamp
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., identity: _Optional[str] = ..., identity_key: _Optional[_Union[IdentityKey, _Mapping]] = ..., attributes: _Optional[_Iterable[_Union[AttributeAssertion, _Mapping]]] = ..., source: _Optional[str] = ..., purpose: _Optional[str] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class AssertAttributesResponse(_message.Message):
    __slots__ = ("identity", "customer", "asserted", "links", "position", "unlinkable")
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_FIELD_NUMBER: _ClassVar[int]
    ASSERTED_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    UNLINKABLE_FIELD_NUMBER: _ClassVar[int]
    identity: str
    customer: str
    asserted: int
    links: _containers.RepeatedCompositeFieldContainer[Link]
    position: str
    unlinkable: _containers.RepeatedCompositeFieldContainer[UnlinkableContact]
    def __init__(self, identity: _Optional[str] = ..., customer: _Optional[str] = ..., asserted: _Optional[int] = ..., links: _Optional[_Iterable[_Union[Link, _Mapping]]] = ..., position: _Optional[str] = ..., unlinkable: _Optional[_Iterable[_Union[UnlinkableContact, _Mapping]]] = ...) -> None: ...

class LinkIdentitiesRequest(_message.Message):
    __slots__ = ("identity_a", "identity_b", "request_id")
    IDENTITY_A_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_B_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    identity_a: str
    identity_b: str
    request_id: str
    def __init__(self, identity_a: _Optional[str] = ..., identity_b: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class LinkIdentitiesResponse(_message.Message):
    __slots__ = ("customer", "position")
    CUSTOMER_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    customer: str
    position: str
    def __init__(self, customer: _Optional[str] = ..., position: _Optional[str] = ...) -> None: ...

class UnlinkIdentitiesRequest(_message.Message):
    __slots__ = ("identity_a", "identity_b", "request_id")
    IDENTITY_A_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_B_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    identity_a: str
    identity_b: str
    request_id: str
    def __init__(self, identity_a: _Optional[str] = ..., identity_b: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class UnlinkIdentitiesResponse(_message.Message):
    __slots__ = ("customer_a", "customer_b", "position")
    CUSTOMER_A_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_B_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    customer_a: str
    customer_b: str
    position: str
    def __init__(self, customer_a: _Optional[str] = ..., customer_b: _Optional[str] = ..., position: _Optional[str] = ...) -> None: ...

class ForbidLinkRequest(_message.Message):
    __slots__ = ("identity_a", "identity_b", "request_id")
    IDENTITY_A_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_B_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    identity_a: str
    identity_b: str
    request_id: str
    def __init__(self, identity_a: _Optional[str] = ..., identity_b: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ForbidLinkResponse(_message.Message):
    __slots__ = ("customer_a", "customer_b", "position")
    CUSTOMER_A_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_B_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    customer_a: str
    customer_b: str
    position: str
    def __init__(self, customer_a: _Optional[str] = ..., customer_b: _Optional[str] = ..., position: _Optional[str] = ...) -> None: ...

class ExplainAttributeRequest(_message.Message):
    __slots__ = ("name", "attribute", "min_position", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    attribute: str
    min_position: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., attribute: _Optional[str] = ..., min_position: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ExplainAttributeResponse(_message.Message):
    __slots__ = ("name", "attribute", "survivorship", "half_life_days", "candidates", "next_page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    SURVIVORSHIP_FIELD_NUMBER: _ClassVar[int]
    HALF_LIFE_DAYS_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    attribute: str
    survivorship: Survivorship
    half_life_days: int
    candidates: _containers.RepeatedCompositeFieldContainer[Candidate]
    next_page_token: str
    def __init__(self, name: _Optional[str] = ..., attribute: _Optional[str] = ..., survivorship: _Optional[_Union[Survivorship, str]] = ..., half_life_days: _Optional[int] = ..., candidates: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ExplainLinkRequest(_message.Message):
    __slots__ = ("identity_a", "identity_b", "min_position")
    IDENTITY_A_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_B_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    identity_a: str
    identity_b: str
    min_position: str
    def __init__(self, identity_a: _Optional[str] = ..., identity_b: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class ExplainLinkResponse(_message.Message):
    __slots__ = ("linked", "customer_a", "customer_b", "path", "direct")
    LINKED_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_A_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_B_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    DIRECT_FIELD_NUMBER: _ClassVar[int]
    linked: bool
    customer_a: str
    customer_b: str
    path: _containers.RepeatedCompositeFieldContainer[Link]
    direct: Link
    def __init__(self, linked: _Optional[bool] = ..., customer_a: _Optional[str] = ..., customer_b: _Optional[str] = ..., path: _Optional[_Iterable[_Union[Link, _Mapping]]] = ..., direct: _Optional[_Union[Link, _Mapping]] = ...) -> None: ...

class EraseSubjectRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class EraseSubjectResponse(_message.Message):
    __slots__ = ("identities", "position")
    IDENTITIES_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    identities: _containers.RepeatedScalarFieldContainer[str]
    position: str
    def __init__(self, identities: _Optional[_Iterable[str]] = ..., position: _Optional[str] = ...) -> None: ...
