"""The table of all metrics, every version of each. A metric that is not in it does not exist.

A *contact* is one customer's matter at one desk in one thread, per episode: the first episode of a case, or one that
a reopening begins. Several customers under one post are several contacts. A repost without own words, a bystander's
remark and our own posts are none. The contact funnel is `offered` → `accepted` → `answered` → `resolved` →
`confirmed`.

Every question has an end of observation (`observed_until`, default now): a contact that starts later is not offered,
an act after it has not happened. A ratio keeps numerator and denominator; with an empty denominator there is no value,
never 0 or 100 %.

An interval, an hour or a day is by default that in which the contact arrived (`BASIS_COHORT`). By completion
(`BASIS_COMPLETION`) it is that of the event that completed what is counted: the reply, the acceptance, the resolution;
what is not completed is not counted. Each answer says which it is. What is about a cohort only (a share of those who
arrived, a survival estimate) is refused by completion. What is counted inside a contact stands under its own agent and
queue: those at the event, not those the contact has now.
"""

from __future__ import annotations

from collections.abc import Mapping

from kpi.metrics import (
    abandonment,
    accepted,
    answered,
    answered_share,
    answered_within,
    backlog,
    confirmed,
    elapsed,
    first_contact,
    first_response_km_median,
    first_response_mean,
    first_response_percentiles,
    first_response_survival,
    holdings,
    ingest_lag,
    next_response,
    offered,
    on_time,
    pending,
    queue_stays,
    reopening,
    reservations,
    resolution,
    resolved,
    service_level,
    touches,
    waiting,
    who_answers,
    withdrawn,
)
from kpi.metrics.metric import AnyMetric
from kpi.metrics.registry import Registry

_ALL: tuple[AnyMetric, ...] = (
    abandonment.ANSWERED,
    abandonment.METRIC,
    accepted.METRIC,
    answered.METRIC,
    answered_share.METRIC,
    answered_within.FULL_HOUR,
    answered_within.QUARTER,
    backlog.AGE_MEAN,
    backlog.BACKLOG,
    backlog.CYCLES_LATE,
    backlog.LATE,
    confirmed.METRIC,
    elapsed.MEAN,
    *elapsed.SHARES,
    first_contact.GROSS,
    first_contact.NET,
    first_response_km_median.ANY,
    first_response_km_median.HUMAN,
    first_response_mean.ANY,
    first_response_mean.HUMAN,
    *first_response_percentiles.METRICS,
    *first_response_survival.METRICS,
    holdings.AHT_ELAPSED,
    holdings.AHT_WORKLOAD,
    holdings.HOLDING_TIME,
    holdings.TRANSFER_RATE,
    *ingest_lag.METRICS,
    next_response.KM_MEDIAN,
    next_response.MEAN,
    offered.METRIC,
    on_time.METRIC,
    pending.METRIC,
    queue_stays.ASA,
    queue_stays.ENTRIES,
    queue_stays.FLOW_OUTS,
    reopening.RATE,
    reopening.RESOLUTIONS,
    reservations.ACCEPT_RATE,
    reservations.TIME_TO_ACCEPT,
    resolution.OF_ACCEPTED,
    resolution.OF_OFFERED,
    resolved.METRIC,
    *service_level.METRICS,
    touches.METRIC,
    waiting.METRIC,
    who_answers.AFTER_MACHINE,
    who_answers.HUMAN_SHARE,
    who_answers.MACHINE_FIRST,
    withdrawn.METRIC,
    withdrawn.NET,
    withdrawn.SHORT_ABANDONS,
)
REGISTRY = Registry(_ALL)
"""All metrics in all their versions."""
METRICS: Mapping[str, AnyMetric] = REGISTRY.latest
"""The latest version of each by id, sorted by id."""
