"""Draws docs/picture.svg from the code: who writes which facts, who reads them, which tables come of it.

    .venv/bin/python docs/draw.py            writes the picture
    .venv/bin/python docs/draw.py --check    says whether the committed one is current

Contexts, events, inputs, reactors and views are read from the services' own modules. Only where things stand on the
page, and the one sentence about each service, is said here.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import wrap
from types import ModuleType, UnionType
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
PICTURE = REPOSITORY / "docs" / "picture.svg"

ROLES = {
    "ingest": ("feeds and other systems", "picks every post up, once"),
    "routing": ("agents' desktops", "finds the right person for it"),
    "crm-sync": ("systems that know customers", "keeps the customer's record whole"),
    "kpi": ("whoever asks for numbers", "keeps the clock, proves the numbers"),
}
"""Service -> who calls it, what it does; top to bottom."""
COLOURS = {"post": "#2563eb", "work": "#c2410c", "crm": "#15803d", "kpi": "#7e22ce"}


@dataclass(frozen=True)
class View:
    """A read model: its name and the contexts it folds, none when it keeps whole commits of all."""

    name: str
    contexts: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """What one service's code says about itself."""

    name: str
    writes: str
    """The context it owns, "" for none."""
    events: tuple[str, ...]
    reacts_to: tuple[str, ...]
    """Contexts whose facts it turns into commands of its own."""
    reactors: tuple[str, ...]
    views: tuple[View, ...]


def services() -> list[Service]:
    """All services, in the picture's order. Raises KeyError for one that the picture does not know."""
    found = {path.name: path.name.replace("-", "_") for path in (REPOSITORY / "services").iterdir() if path.is_dir()}
    if found.keys() != ROLES.keys():
        raise KeyError(f"draw.py knows {sorted(ROLES)}, services/ has {sorted(found)}")
    return [_service(name, found[name]) for name in ROLES]


def _service(name: str, package: str) -> Service:
    main = importlib.import_module(f"{package}.main")
    owned = {_argument(main, call, None, "context") for call in _calls(main, "ShardHost")}
    if any(_calls(main, "host")):  # shards of the context its assembly was opened for
        owned |= {_argument(main, call, 1, "context") for call in _calls(main, "Assembly.open")}
    if len(owned) > 1:
        raise ValueError(f"{name} writes more than one context: {sorted(owned)}")
    inputs = [_argument(main, call, 0, "context") for call in _calls(main, "Inputs")]
    reactors = [_argument(main, call, 0, "name") for form in ("Reactor", "reactor") for call in _calls(main, form)]
    return Service(
        name,
        next(iter(owned), ""),
        _events(package),
        tuple(sorted(inputs)),
        tuple(sorted(reactors)),
        tuple(sorted(_views(package), key=lambda view: view.name)),
    )


def _calls(module: ModuleType, name: str) -> Iterator[ast.Call]:
    """Calls of a name, of a method of that name, or of `Class.method`."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if name in (called, called.rpartition(".")[2]):
                yield node


def _argument(module: ModuleType, call: ast.Call, position: int | None, keyword: str) -> str:
    """A text argument of a call: a literal, or a constant of the module."""
    given = [one.value for one in call.keywords if one.arg == keyword]
    if not given and position is not None and len(call.args) > position:
        given = [call.args[position]]
    match given:
        case [ast.Constant(value=str(text))]:
            return text
        case [ast.Name(id=constant)]:
            return str(getattr(module, constant))
        case _:
            raise ValueError(f"{module.__name__}: {ast.unparse(call)[:60]} does not say its {keyword}")


def _events(package: str) -> tuple[str, ...]:
    """Names of all members of the event unions, in the contract's order."""
    try:
        module = importlib.import_module(f"{package}.events")
    except ModuleNotFoundError:
        return ()
    unions = [value for value in vars(module).values() if isinstance(value, UnionType)] or [module.Event]
    names = {member.__name__ for union in unions for member in typing.get_args(union) or (union,)}
    contract = importlib.import_module(f"switchboard.{package.removesuffix('_sync')}.v1.events_pb2")
    return tuple(name for name in contract.DESCRIPTOR.message_types_by_name if name in names)


def _views(package: str) -> Iterator[View]:
    parent = importlib.import_module(f"{package}.views")
    for found in pkgutil.iter_modules(parent.__path__):
        module = importlib.import_module(f"{parent.__name__}.{found.name}")
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == module.__name__ and hasattr(value, "dumps"):
                view: Any = value
                yield View(view.name, tuple(sorted(getattr(view, "contexts", ()))))


WIDTH = 1090
LANE_X, LANE_W = 390, 430
VIEWS_X = 860
LINE = 14
SANS = 'font-family="system-ui, sans-serif"'
MONO = 'font-family="ui-monospace, monospace" font-size="11"'
KINDS = {
    "": f'{SANS} font-size="13"',
    "name": f'{SANS} font-size="15" font-weight="700"',
    "quiet": f'{SANS} font-size="12"',
    "mono": MONO,
}
INK = "#1f2937"
QUIET = "#6b7280"
BOX = 'fill="#f9fafb" stroke="#d1d5db"'
ARROW = 'fill="none" stroke-width="1.6"'


def picture(found: list[Service]) -> str:
    """The SVG. A white page of its own, so that it reads on a dark one too."""
    body: list[str] = []
    y = 60
    top = y - 14
    placed: dict[str, tuple[int, int]] = {}
    lanes = {service.writes: service for service in found if service.writes}
    for service in found:
        lines = wrap(",  ".join(service.events), 60)
        height = max(78 + 18 * bool(service.reactors), 34 + LINE * len(lines))
        placed[service.name] = (y, height)
        body += _caller_and_box(service, y, height)
        if service.writes:
            body += _lane(service, lines, y, height)
        else:
            body.append(_text(LANE_X, y + 44, "writes no facts yet, reads everybody's", "quiet"))
        y += height + 16
    bottom = y - 2
    log_bottom = max(sum(placed[service.name]) for service in lanes.values()) + 12
    frame = [
        f'<rect fill="#f3f4f6" stroke="#9ca3af" x="{LANE_X - 12}" y="{top - 26}" width="{LANE_W + 24}"'
        f' height="{log_bottom - top + 26}" rx="10"/>',
        _text(LANE_X, top - 6, "EVENTS: the log, in one total order", "name"),
        _text(VIEWS_X, top - 6, "PostgreSQL: read models", "name"),
    ]
    for service in found:
        body += _views_of(service, placed[service.name], lanes)
        body += _inputs_of(service, placed, lanes)
    legend_y = bottom + 30
    legend = [
        _text(
            24, legend_y, "A service writes only its own facts. A dot says whose facts a table is folded from.", "quiet"
        ),
        _text(24, legend_y + 18, "A dashed arrow: facts of another context become commands of one's own.", "quiet"),
        _text(
            24,
            legend_y + 36,
            "Everything in PostgreSQL can be thrown away and refilled from the log, except the"
            " keys of personal values and quarantined payloads.",
            "quiet",
        ),
    ]
    height = legend_y + 54
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
            ' role="img" aria-label="Which service writes and reads which facts of the log">',
            "<!-- drawn by docs/draw.py from the services' code; do not edit -->",
            f'<rect fill="#ffffff" width="{WIDTH}" height="{height}"/>',
            *frame,
            *body,
            *legend,
            "</svg>\n",
        ]
    )


def _head(x: int, y: int, colour: str, *, left: bool = False) -> str:
    """The head of a horizontal arrow that ends at x."""
    back = 8 if left else -8
    return f'<path d="M{x} {y} l{back} -4 v8 z" fill="{colour}"/>'


def _text(x: float, y: float, text: str, kind: str = "", fill: str = "") -> str:
    colour = fill or (QUIET if kind == "quiet" else INK)
    return f'<text x="{x}" y="{y}" {KINDS[kind]} fill="{colour}">{escape(text)}</text>'


def _caller_and_box(service: Service, y: int, height: int) -> list[str]:
    caller, does = ROLES[service.name]
    parts = [
        f'<rect {BOX} x="24" y="{y}" width="286" height="{height}" rx="8"/>',
        _text(38, y + 24, service.name, "name", COLOURS.get(service.writes, INK)),
        _text(38, y + 44, does, "quiet"),
        _text(38, y + 62, f"called by {caller}", "quiet"),
    ]
    if service.reactors:
        parts.append(_text(38, y + 84, f"reactor {', '.join(service.reactors)}", "mono"))
    return parts


def _lane(service: Service, lines: list[str], y: int, height: int) -> list[str]:
    colour = COLOURS[service.writes]
    parts = [
        f'<rect x="{LANE_X}" y="{y}" width="{LANE_W}" height="{height}" rx="6" fill="{colour}" fill-opacity="0.08"'
        f' stroke="{colour}"/>',
        _text(LANE_X + 12, y + 20, f"ev.{service.writes}.<tenant>.<shard>", "mono", colour),
        f'<path {ARROW} d="M310 {y + 22} H{LANE_X - 4}" stroke="{colour}"/>',
        _head(LANE_X, y + 22, colour),
    ]
    parts += [_text(LANE_X + 12, y + 38 + LINE * i, line, "mono") for i, line in enumerate(lines)]
    return parts


def _views_of(service: Service, place: tuple[int, int], lanes: dict[str, Service]) -> list[str]:
    y = place[0]
    parts = [_text(VIEWS_X, y + 20, service.name, "quiet")]
    for row, view in enumerate(service.views):
        at = y + 40 + 20 * row
        contexts = view.contexts or tuple(lanes)
        parts += [
            f'<circle cx="{VIEWS_X + 6 + 13 * i}" cy="{at - 4}" r="5" fill="{COLOURS[context]}"/>'
            for i, context in enumerate(contexts)
        ]
        parts.append(_text(VIEWS_X + 54, at, view.name, "mono"))
    return parts


def _inputs_of(service: Service, placed: dict[str, tuple[int, int]], lanes: dict[str, Service]) -> list[str]:
    """From the lane it reads down to the service, through the gap between boxes and log."""
    y, _ = placed[service.name]
    parts = []
    for number, context in enumerate(service.reacts_to):
        lane_y, lane_height = placed[lanes[context].name]
        x = 356 - 16 * list(ROLES).index(service.name) + 8 * number
        start, end = lane_y + lane_height - 12 - 8 * list(ROLES).index(service.name), y + 50 + 10 * number
        colour = COLOURS[context]
        parts += [
            f'<path {ARROW} d="M{LANE_X} {start} H{x} V{end} H314" stroke="{colour}" stroke-dasharray="5 4"/>',
            _head(310, end, colour, left=True),
        ]
    return parts


def main(arguments: list[str]) -> int:
    """Writes the picture, or with --check says whether it is current."""
    drawn = picture(services())
    if "--check" not in arguments:
        PICTURE.write_text(drawn, encoding="utf-8")
        return 0
    current = PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == drawn
    sys.stdout.write(
        "the picture is current\n" if current else "docs/picture.svg is not current: .venv/bin/python docs/draw.py\n"
    )
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
