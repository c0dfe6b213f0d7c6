"""The end of the demo: what the services say about the day, printed. It computes nothing the services could say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from switchboard_cli.demo.brands import INDUSTRIES
from switchboard_cli.demo.journal import Journal, percentile
from switchboard_cli.output import NOTHING, count, duration, share, table
from switchboard_cli.tables import Table

if TYPE_CHECKING:
    from switchboard.crm.v1.service_pb2 import Customer, ExplainAttributeResponse
    from switchboard.kpi.v1.service_pb2 import QueryMetricsResponse
    from switchboard.routing.v1.service_pb2 import CaseEvent

    from switchboard_cli.deliveries.sending import Sent
    from switchboard_cli.demo.tracing import Collector, Story
    from switchboard_cli.log import Finding

METRICS = (
    "offered",
    "accepted",
    "answered",
    "abandonment",
    "frt_human_mean",
    "frt_human_km_median",
    "resolution_of_offered",
    "resolution_of_accepted",
)
RESULTS = {
    "ACCEPTED": "posts we did not have",
    "DUPLICATE": "delivered again",
    "UPDATED": "edited by their authors",
    "WITHDRAWN": "deleted by their authors",
    "ECHO": "our own, coming back",
    "IGNORED": "without a post",
    "QUARANTINED": "not readable, kept raw",
}


def heading(screen: Console, text: str, note: str = "") -> None:
    """A rule with the section's name, and a sentence below it."""
    screen.print()
    screen.rule(f"[head]{text}[/]", align="left", style="quiet")
    if note:
        screen.print(note, style="quiet")


def industries(answer: "QueryMetricsResponse") -> Table:
    """The five industries, best first."""
    shown = table(
        "industry",
        "offered",
        "accepted",
        "answered",
        "abandoned",
        "mean\nFRT*",
        "KM\nmedian",
        "solved of\noffered",
        "solved of\naccepted",
        right=tuple(range(1, 9)),
    )
    rows = [({d.key: d.value for d in row.group}, {v.metric: v for v in row.values}) for row in answer.rows]
    order = [industry.key for industry in INDUSTRIES]
    for group, values in sorted(
        rows, key=lambda row: order.index(row[0]["industry"]) if row[0]["industry"] in order else 9
    ):
        said = {metric: (v.value if v.HasField("value") else None) for metric, v in values.items()}
        median = said["frt_human_km_median"]
        shown.add_row(
            group["industry"],
            count(said["offered"]),
            count(said["accepted"]),
            count(said["answered"]),
            share(said["abandonment"]),
            duration(said["frt_human_mean"]),
            "> 7 d" if median is None else duration(median),
            share(said["resolution_of_offered"]),
            share(said["resolution_of_accepted"]),
        )
    return shown


def results(sent: "Sent") -> Table:
    """What ingest made of every delivery."""
    shown = table("result", "deliveries", "meaning", right=(1,))
    for result, meaning in RESULTS.items():
        shown.add_row(result, count(sent.results.get(result, 0)), Text(meaning, "quiet"))
    shown.add_row(Text("all", "head"), Text(count(sent.deliveries), "head"))
    return shown


def latency(screen: Console, journal: Journal) -> None:
    """p50 and p99 from handing a post over to its offer on a desk."""
    took = journal.latencies()
    p50, p99 = (f"{percentile(took, q) * 1000:,.0f} ms" if took else NOTHING for q in (0.50, 0.99))
    screen.print(
        f"post → offer on the agent's desk: p50 [accent]{p50}[/], p99 [accent]{p99}[/] "
        f"[quiet]({count(len(took))} posts that found somebody free; client, disk and all hops included)[/]"
    )
    outage = journal.outage
    if outage is not None and outage.ended is not None:
        screen.print(
            f"{outage.service} was killed with kill -9 half-way and took part again after "
            f"[accent]{outage.ended - outage.began:.1f} s[/]; nothing was lost or done twice, see below"
        )


def customer(screen: Console, found: "Customer", explained: "ExplainAttributeResponse") -> None:
    """One customer, every value with its source, one attribute with all its candidates."""
    from switchboard_cli.customers import attribute_table, identity_table
    from switchboard_cli.explain import candidate_table

    screen.print(identity_table(found))
    screen.print(attribute_table(found))
    screen.print(f"every candidate for [head]{explained.attribute}[/], best first:")
    screen.print(candidate_table(explained))


def trace(screen: Console, collector: "Collector", stories: Sequence["Story"]) -> "tuple[int, Story | None]":
    """The most complete of the traces; returns how many spans it has, and whose it is."""
    from switchboard_cli.demo.tracing import draw

    told = [(story, collector.of(story)) for story in stories]
    best = max(told, key=lambda pair: (len(pair[0].own), len(pair[1])), default=None)
    if best is None or not best[1]:
        screen.print("no trace arrived", style="warn")
        return 0, None
    story, spans = best
    screen.print(draw(f"trace {story.trace_id}", spans))
    return len(spans), story


def history(screen: Console, facts: Sequence["CaseEvent"], story: "Story") -> None:
    """The facts of the traced case, in order; those that carry the trace are said so."""
    names = []
    for fact in facts:
        name = fact.type.rpartition(".")[2]
        names.append(f"[accent]{name}[/]" if story.trace_id in fact.event.traceparent else name)
    screen.print("its facts in the log, those of this trace in colour: " + " → ".join(names), soft_wrap=False)


def verdict(screen: Console, findings: Sequence["Finding"]) -> bool:
    """Every invariant in one line, and whether all hold."""
    from switchboard_cli.log import INVARIANTS

    shown = table("", "invariant", "checked", "items compared", "holds", right=(2, 3))
    for invariant, meaning in INVARIANTS.items():
        mine = [finding for finding in findings if finding.invariant == invariant]
        holds = bool(mine) and all(finding.ok for finding in mine)
        shown.add_row(
            invariant,
            meaning,
            count(len(mine)),
            count(sum(finding.compared for finding in mine)),
            Text("yes", "good") if holds else Text("NO", "bad") if mine else Text("not checked", "warn"),
        )
    screen.print(shown)
    for finding in findings:
        if not finding.ok:
            line = f"{finding.invariant} of {finding.service}, {finding.subject}: {finding.detail}"
            screen.print(Padding(line, (0, 0, 0, 2)), style="bad")
    return bool(findings) and all(finding.ok for finding in findings)
