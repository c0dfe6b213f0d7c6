"""A filter means the same in memory and in PostgreSQL, null or not: what a list shows, a watch shows."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from chassis.database import Database
from chassis.filters import (
    HAS,
    ORDERED,
    Condition,
    Expression,
    Field,
    Junction,
    Negation,
    bound,
    compiled,
    holds,
    parse,
    where,
)

FIELDS = {
    "word": Field(),
    "count": Field(int, ORDERED),
    "tags": Field(operators=HAS),
    "labels.": Field(),
}
COLUMNS = {
    "word": "word",
    "count": "count",
    "tags": "tags",
    "labels.": "label_values[array_position(label_keys, {})]",
}
CREATE = "create table things (id int, word text, count int, tags text[], label_keys text[], label_values text[])"
WORDS = ["", "a", "b", "航空"]


def things(chance: random.Random) -> list[tuple[Any, ...]]:
    """Rows with every value missing, empty or there."""
    made = []
    for number in range(300):
        labels = {key: chance.choice(WORDS) for key in chance.sample(["brand", "colour"], chance.randint(0, 2))}
        made.append(
            (
                number,
                chance.choice([None, *WORDS]),
                chance.choice([None, 0, 1, 2]),
                chance.sample(["x", "y", "z"], chance.randint(0, 3)),
                list(labels),
                list(labels.values()),
            )
        )
    return made


def expression(chance: random.Random, depth: int) -> str:
    if depth and chance.random() < 0.6:
        parts = [expression(chance, depth - 1) for _ in range(chance.randint(2, 3))]
        joined = f" {chance.choice(['AND', 'OR'])} ".join(f"({part})" for part in parts)
        return f"NOT ({joined})" if chance.random() < 0.3 else joined
    match chance.randrange(4):
        case 0:
            return f'word {chance.choice(["=", "!="])} "{chance.choice(WORDS)}"'
        case 1:
            return f"count {chance.choice(sorted(ORDERED))} {chance.randint(0, 2)}"
        case 2:
            return f"tags:{chance.choice(['x', 'y', '*'])}"
        case _:
            return f'labels.{chance.choice(["brand", "size"])} {chance.choice(["=", "!="])} "{chance.choice(WORDS)}"'


async def test_law_a_filter_means_the_same_in_memory_and_in_a_table(database_url: str) -> None:
    chance = random.Random(20_101_129)
    rows = things(chance)
    kinds: set[type[Expression]] = set()
    async with Database(database_url, "filters") as database:
        await database.execute(CREATE)
        await database.executemany("insert into things values ($1, $2, $3, $4, $5, $6)", rows)
        for _ in range(400):
            wanted = parse(expression(chance, 3), FIELDS)
            kinds.add(type(wanted))
            values: list[object] = []
            statement = f"select id from things where {where(wanted, COLUMNS, bound(values))} order by id"
            in_table = [row["id"] for row in await database.fetch(statement, *values)]
            in_memory = [row[0] for row in rows if holds(wanted, _value_of(row))]
            assert in_table == in_memory, statement
            asked = compiled(wanted, _reader)
            assert [row[0] for row in rows if asked(row)] == in_memory, statement
    assert kinds == {Condition, Junction, Negation}


def _reader(condition: Condition) -> Callable[[tuple[Any, ...]], object]:
    return lambda row: _value_of(row)(condition.field)


def _value_of(row: tuple[Any, ...]) -> Any:
    _, word, count, tags, keys, values = row
    known = {"word": word, "count": count, "tags": tags}
    known |= {f"labels.{key}": value for key, value in zip(keys, values, strict=True)}
    return known.get
