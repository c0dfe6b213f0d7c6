"""Writes docs/glossary.md: every term of the platform, where it is defined, and what it is called elsewhere.

    .venv/bin/python docs/glossary.py            writes the page
    .venv/bin/python docs/glossary.py --check    says whether the committed one is current

Definitions are the first sentence of the docstring, or of the comment in the contract, so that they cannot differ from
the code. Only which terms there are, and their names elsewhere, is said here.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
GLOSSARY = REPOSITORY / "docs" / "glossary.md"
CHASSIS = "libs/chassis/src/chassis"

MACHINERY = [
    ("commit", f"{CHASSIS}/commits.py:Entry", "append batch, transaction of events"),
    ("event", f"{CHASSIS}/commits.py:Recorded", "domain event, fact"),
    ("subject", f"{CHASSIS}/commits.py:Subject", "stream, partition"),
    ("position", f"{CHASSIS}/commits.py:Position", "offset, sequence number, global position"),
    ("log", f"{CHASSIS}/log.py:Log", "event store"),
    ("tail", f"{CHASSIS}/tail.py:Tail", "subscription shared by a process"),
    ("decider", f"{CHASSIS}/decider.py:Decider", "aggregate (decide and evolve)"),
    ("shard", f"{CHASSIS}/shard.py:ShardWriter", "single writer, partition owner, actor"),
    ("shard state", f"{CHASSIS}/shard_state.py:ShardState", "aggregate state, rehydrated"),
    ("snapshot", f"{CHASSIS}/shard_state.py:Snapshot", "memento"),
    ("shard host", f"{CHASSIS}/host.py:ShardHost", "partition assignment and request routing"),
    ("membership", f"{CHASSIS}/membership.py:Membership", "group membership by heartbeat"),
    ("view", f"{CHASSIS}/view.py:View", "read model"),
    ("projector", f"{CHASSIS}/projection.py:Projector", "projection, subscription with a checkpoint"),
    ("sink", f"{CHASSIS}/sink.py:Sink", "event handler in the checkpoint's transaction"),
    ("parking lot", f"{CHASSIS}/parking.py:ParkingLot", "dead-letter queue, sequenced per key"),
    ("cursor", f"{CHASSIS}/cursor.py:Cursor", "checkpoint, consumer position"),
    ("reactor", f"{CHASSIS}/reactor.py:Reactor", "process manager, policy, saga step"),
    ("subject key", f"{CHASSIS}/sealing.py:SubjectKey", "data encryption key, crypto-shredding"),
    ("key tree", f"{CHASSIS}/key_trees.py:Tree", "puncturable pseudorandom function, GGM tree"),
    ("refusal", f"{CHASSIS}/errors.py:Rejected", "domain error"),
    ("purge", f"{CHASSIS}/purge.py:Purge", "tenant offboarding, hard delete"),
]
"""(term, file:class whose docstring defines it, what it is called elsewhere)"""

CONTRACTS = ("log", "ingest", "routing", "crm", "kpi")
THINGS = {
    "log": ("Tenant", "TenantDeletion"),
    "ingest": ("Source", "Delivery", "Post"),
    "routing": ("Case", "Offer", "Agent", "Queue", "RoutingPolicy"),
    "crm": ("Identity", "Customer", "AttributeValue", "Link", "Conflict"),
    "kpi": ("MetricDefinition",),
}
"""Resources that callers meet, by contract."""


def page() -> str:
    """The whole page."""
    lines = [
        "# Glossary",
        "",
        "Written by `docs/glossary.py` from docstrings and contracts; a test says when it is not current.",
        "",
        "## The machinery",
        "",
        "| term | what it is | elsewhere |",
        "| --- | --- | --- |",
    ]
    for term, place, elsewhere in MACHINERY:
        path, _, name = place.partition(":")
        lines.append(f"| [{term}](../{path}) | {docstring_of(path, name)} | {elsewhere} |")
    lines += ["", "## What callers meet", "", "| resource | what it is |", "| --- | --- |"]
    for contract, names in THINGS.items():
        described = dict(messages(contract))
        for name in names:
            path, sentence = described[name]
            lines.append(f"| [{name}](../{path}) | {sentence} |")
    lines += ["", "## Facts", ""]
    for contract in CONTRACTS:
        facts = [(name, path, said) for name, (path, said) in messages(contract) if path.endswith("/events.proto")]
        if facts:
            lines += [f"### {contract}", "", "| fact | what happened |", "| --- | --- |"]
            lines += [f"| [{name}](../{path}) | {said} |" for name, path, said in facts if _is_fact(path, name)]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def docstring_of(path: str, name: str) -> str:
    """The first sentence of a class's docstring."""
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _first(ast.get_docstring(node) or "")
    raise KeyError(f"{path} has no class {name}")


def messages(contract: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """(message, (file, first sentence of its comment)) of a contract's files."""
    for path in sorted((REPOSITORY / "protos" / "switchboard" / contract / "v1").glob("*.proto")):
        text = path.read_text(encoding="utf-8")
        for comment, name in re.findall(r"((?:^// .*\n)+)^message (\w+) \{", text, re.MULTILINE):
            sentence = _first(" ".join(line.removeprefix("//").strip() for line in comment.splitlines()))
            yield name, (path.relative_to(REPOSITORY).as_posix(), sentence)


def _is_fact(path: str, name: str) -> bool:
    """Whether a message of a file of events is an event: it says when, and is no part of another message."""
    text = (REPOSITORY / path).read_text(encoding="utf-8")
    body = text.partition(f"message {name} {{")[2].partition("\n}")[0]
    says_when = re.search(r"google\.protobuf\.Timestamp \w+ = ", body)
    is_part = re.search(rf"^  (?:repeated |optional )?{name} \w+ = ", text, re.MULTILINE)
    return says_when is not None and is_part is None


def _first(text: str) -> str:
    found = re.match(r"(.+?[.:;])(?=\s|$)", " ".join(text.split()))
    return (found[1].rstrip(".:;") if found else text).replace("|", "/")


def main() -> None:
    written = page()
    if "--check" in sys.argv[1:]:
        if GLOSSARY.read_text(encoding="utf-8") != written:
            sys.exit("docs/glossary.md is not current: .venv/bin/python docs/glossary.py")
        return
    GLOSSARY.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
