"""`switchboard demo` as a newcomer runs it: everything it prints is true, and the published report's shape appears."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from switchboard_cli.demo.brands import AIRLINES, APPLIANCES, COMMERCE, GOVERNMENT, INDUSTRIES
from switchboard_cli.demo.day import START
from switchboard_cli.demo.generator import EXPECTED, generate

LIMIT_S = 300


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The document that `demo --json` prints, and what it told a person meanwhile."""
    state = tmp_path_factory.mktemp("demo") / "state"
    command = [Path(sys.executable).with_name("switchboard"), "demo", "--json", "--state", str(state)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
    return json.loads(done.stdout), done.stderr


def metrics(document) -> dict[str, dict[str, float | None]]:
    return {
        row["group"]["industry"]: {metric: part["value"] for metric, part in row["metrics"].items()}
        for row in document["rows"]
    }


def test_every_delivery_got_the_answer_the_plan_expects(told):
    document, _ = told
    expected = Counter(EXPECTED[planned.sort] for planned in generate(START))
    assert document["deliveries"] == sum(expected.values()) == 20_000
    assert document["results"] == dict(expected)


def test_the_shape_of_the_published_report_appears(told):
    industries = metrics(told[0])
    assert set(industries) == {industry.key for industry in INDUSTRIES}
    abandonment = {industry: values["abandonment"] for industry, values in industries.items()}
    assert min(abandonment, key=abandonment.__getitem__) == GOVERNMENT
    assert abandonment[GOVERNMENT] > 0.40
    assert min(abandonment[COMMERCE], abandonment[AIRLINES]) > 0.90
    mean = {industry: values["frt_human_mean"] / 60 for industry, values in industries.items()}
    # A real second is a quarter of a simulated hour: a busy machine adds minutes, the published 50 need a quiet one.
    assert mean.pop(GOVERNMENT) < 150
    assert min(mean.values()) > 150
    assert mean[APPLIANCES] > 4 * 60
    assert all(0.04 < values["resolution_of_accepted"] < 0.18 for values in industries.values())
    medians = [values["frt_human_km_median"] for industry, values in industries.items() if industry != GOVERNMENT]
    assert all(median is None or median > 24 * 3_600 for median in medians)


def test_every_invariant_holds_after_a_kill(told):
    document, _ = told
    assert document["ok"]
    assert document["invariants"] == dict.fromkeys(("I1", "I2", "I3", "I4", "I5", "I9"), True)
    assert document["outage_s"] > 0


def test_a_customer_of_two_channels_a_latency_and_a_trace_are_shown(told):
    document, _ = told
    assert document["identities"] == 2
    assert document["post_to_offer_ms"]["p50"] > 0
    assert document["spans"] > 8


def test_a_person_reads_how_to_go_on(told):
    _, text = told
    for words in (
        "switchboard up --state",
        "switchboard top",
        "Five industries",
        "median",
        "QUARANTINED",
        "kill -9",
    ):
        assert words in text
