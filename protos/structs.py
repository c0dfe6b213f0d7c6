"""Writes the facts of the log as msgspec structs: what a commit carries, read and made without a message.

    python protos/structs.py DESCRIPTOR_SET DIRECTORY

The .proto says what there is and what it means. A message is an array whose element n-1 is its field n;
`chassis.layout` says the rule, and binds the arrays to the messages. The structs are registered by their messages'
names in `switchboard.structs`, as messages are in protobuf's own pool.
"""

from __future__ import annotations

import keyword
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet

FILES = {
    "switchboard/log/v1/log.proto": ("Sealed",),
    "switchboard/ingest/v1/post.proto": ("PersonalContent", "PostNames"),
    "switchboard/ingest/v1/events.proto": (),
    "switchboard/crm/v1/events.proto": (),
    "switchboard/routing/v1/events.proto": (),
    "switchboard/kpi/v1/events.proto": (),
}
"""Which messages are written, with those they are made of; all of a file where none is named. The envelope of a commit
is `chassis.commits`' own."""
INSTANT = ".google.protobuf.Timestamp"
SUPPORT = '''"""The structs of all facts that were imported, by their messages' names. Written by protos/structs.py."""

from typing import NewType

from msgspec import Struct

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00:00Z, negative before it."""

STRUCTS: dict[str, type[Struct]] = {}
"""Full name of a message: its struct."""
'''
_Kind = FieldDescriptorProto
_INTEGERS = {
    _Kind.TYPE_INT32,
    _Kind.TYPE_INT64,
    _Kind.TYPE_UINT32,
    _Kind.TYPE_UINT64,
    _Kind.TYPE_ENUM,
}
_SCALARS = {
    _Kind.TYPE_STRING: ("str", '""'),
    _Kind.TYPE_BYTES: ("bytes", 'b""'),
    _Kind.TYPE_BOOL: ("bool", "False"),
    _Kind.TYPE_DOUBLE: ("float", "0.0"),
}


def main() -> None:
    """Writes one module beside the generated messages of each file, and what they share."""
    descriptors, directory = Path(sys.argv[1]), Path(sys.argv[2])
    found = FileDescriptorSet.FromString(descriptors.read_bytes())
    homes = {f".{file.package}.{message.name}": file.name for file in found.file for message in file.message_type}
    (directory / "switchboard" / "structs.py").write_text(SUPPORT)
    for file in found.file:
        if file.name in FILES:
            (directory / f"{_module(file.name).replace('.', '/')}.py").write_text(_written(file, homes))


def _module(proto: str) -> str:
    return proto.removesuffix(".proto").replace("/", ".") + "_structs"


def _written(file: FileDescriptorProto, homes: Mapping[str, str]) -> str:
    comments = {tuple(place.path): " ".join(place.leading_comments.split()) for place in file.source_code_info.location}
    every = {message.name: (at, message) for at, message in enumerate(file.message_type)}
    numbered = {name: every[name] for name in _inside_out(every, FILES[file.name] or tuple(every))}
    needed: dict[str, set[str]] = {}
    for _, message in numbered.values():
        for field in message.field:
            home = homes.get(field.type_name)
            if home is not None and home != file.name and field.type == _Kind.TYPE_MESSAGE:
                needed.setdefault(_module(home), set()).add(field.type_name.rpartition(".")[2])
    uses_instants = any(field.type_name == INSTANT for _, message in numbered.values() for field in message.field)
    lines = [
        f'"""{file.name} as structs: see protos/structs.py. Written by `make generate`."""',
        "",
        "from typing import ClassVar",
        "",
        "from msgspec import Struct",
        "",
        *(f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(needed.items())),
        f"from switchboard.structs import STRUCTS{', Instant' if uses_instants else ''}",
    ]
    for name, (at, message) in numbered.items():
        lines += ["", "", f"class {name}(Struct, frozen=True, array_like=True, gc=False):"]
        lines += [f'    """{comments.get((4, at), name)}"""', ""]
        lines += [f'    NAME: ClassVar[str] = "{file.package}.{name}"', '    """Full name of its message."""']
        for number, field in _by_number(file, message):
            if field is None:
                lines.append(f"    reserved_{number}: None = None")
                continue
            place = next(n for n, each in enumerate(message.field) if each is field)
            lines.append(f"    {_field(field)}")
            if said := comments.get((4, at, 2, place)):
                lines.append(f'    """{said}"""')
    return "\n".join([*lines, "", "", f"STRUCTS |= {{cls.NAME: cls for cls in ({', '.join(numbered)},)}}", ""])


def _inside_out(every: Mapping[str, tuple[int, DescriptorProto]], wanted: Iterable[str]) -> Iterable[str]:
    """Names, each after those its fields are made of."""
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        for field in every[name][1].field:
            part = field.type_name.rpartition(".")[2]
            if part in every and part not in done and field.type == _Kind.TYPE_MESSAGE:
                visit(part)
        done.setdefault(name)

    for name in wanted:
        visit(name)
    return done


def _by_number(
    file: FileDescriptorProto, message: DescriptorProto
) -> Iterator[tuple[int, FieldDescriptorProto | None]]:
    """The fields in the order of their numbers, None for a number that is no longer used."""
    fields = {field.number: field for field in message.field}
    last = max(fields, default=0)
    if last > 2 * len(fields) + 8:
        sys.exit(f"{file.name}: {message.name} leaves too many numbers out; a field costs a byte up to its number")
    return iter([(number, fields.get(number)) for number in range(1, last + 1)])


def _field(field: FieldDescriptorProto) -> str:
    name = f"{field.name}_" if keyword.iskeyword(field.name) else field.name
    if field.type in _INTEGERS:
        kind, default = "int", "0"
    elif field.type in _SCALARS:
        kind, default = _SCALARS[field.type]
    elif field.type_name == INSTANT:
        kind, default = "Instant", "Instant(0)"
    elif field.type == _Kind.TYPE_MESSAGE:
        kind, default = field.type_name.rpartition(".")[2], ""
    else:
        sys.exit(f"{field.name}: facts have no fields of this type")
    if field.label == _Kind.LABEL_REPEATED:
        return f"{name}: tuple[{kind}, ...] = ()"
    if field.proto3_optional or (field.type == _Kind.TYPE_MESSAGE and kind != "Instant"):
        return f"{name}: {kind} | None = None"
    return f"{name}: {kind} = {default}"


if __name__ == "__main__":
    main()
