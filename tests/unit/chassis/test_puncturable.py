"""The laws of a tree that keys are taken out of: what is out is out of everything kept, and nobody else notices."""

import random
from hashlib import blake2s

import pytest
from chassis.puncturable import (
    BLANK,
    BRANCH_BYTES,
    DEPTH,
    FAN_OUT,
    PATH_KEY_BYTES,
    ROOT,
    SECRET_BYTES,
    derive,
    derive_all,
    path_of,
    prefixes,
    puncture,
)
from hypothesis import given, settings
from hypothesis import strategies as st

Tree = dict[bytes, bytes]
WHOLE: Tree = {ROOT: random.Random(50).randbytes(BRANCH_BYTES)}

# Steps out of few, so that paths share long beginnings and differ in the last step only.
near = st.lists(st.sampled_from([0, 1, FAN_OUT - 1]), min_size=DEPTH, max_size=DEPTH).map(bytes)
far = st.lists(st.integers(0, FAN_OUT - 1), min_size=DEPTH, max_size=DEPTH).map(bytes)
beside = st.builds(lambda path, step: path[:-1] + bytes([step]), near, st.integers(0, FAN_OUT - 1))
paths = st.sets(near | far | beside, min_size=1, max_size=8)


def punctured(out: list[bytes]) -> Tree:
    tree = dict(WHOLE)
    for path in out:
        tree |= puncture(tree, path)
    return tree


def kept(tree: Tree) -> dict[bytes, bytes]:
    """Every secret that is stored, by the steps that lead to it."""
    return {
        prefix + bytes([step]): secret
        for prefix, branch in tree.items()
        for step in range(FAN_OUT)
        if (secret := branch[step * SECRET_BYTES : (step + 1) * SECRET_BYTES]) != BLANK
    }


@settings(max_examples=60)
@given(out=paths, others=paths)
def test_whoever_is_not_taken_out_keeps_the_key_and_whoever_is_has_none(out: set[bytes], others: set[bytes]) -> None:
    tree = punctured(sorted(out))
    for path in others - out:
        assert derive(tree, path) == derive(WHOLE, path) != BLANK
    for path in out:
        assert derive(tree, path) == BLANK
        assert puncture(tree, path) == {}, "once is enough"


@settings(max_examples=40)
@given(out=paths, data=st.data())
def test_the_order_does_not_matter(out: set[bytes], data: st.DataObject) -> None:
    assert punctured(data.draw(st.permutations(sorted(out)))) == punctured(sorted(out))


@settings(max_examples=12)
@given(out=paths)
def test_nothing_that_is_kept_leads_to_what_was_taken_out(out: set[bytes]) -> None:
    stored = kept(punctured(sorted(out)))
    for path in out:
        way = {path[:length]: secret_at(path[:length]) for length in range(1, DEPTH + 1)}
        assert not way.keys() & stored.keys()
        assert not set(way.values()) & set(stored.values()), "no secret on the way, wherever it may stand"
        key = derive(WHOLE, path)
        for at, secret in stored.items():  # the rest of the way, all of it, its last step
            for left in (path[len(at) :], path[1:], path[-1:], b""):
                assert below(secret, left) != key


@settings(max_examples=20)
@given(out=paths)
def test_what_is_kept_is_all_the_rest_and_each_part_of_it_once(out: set[bytes]) -> None:
    tree = punctured(sorted(out))
    stored = kept(tree)
    leaves = sum(FAN_OUT ** (DEPTH - len(at)) for at in stored)
    assert leaves == FAN_OUT**DEPTH - len(out)
    assert tree.keys() == {ROOT} | {prefix for path in out for prefix in prefixes(path)}
    for at, secret in stored.items():
        assert secret == secret_at(at)


@given(names=st.sets(st.uuids(), min_size=1, max_size=20), key=st.binary(min_size=16, max_size=16))
@settings(max_examples=40)
def test_many_at_once_are_what_each_is_alone(names: set[object], key: bytes) -> None:
    texts = sorted(map(str, names))
    tree = punctured([path_of(key, texts[0])])
    found, missing = derive_all(tree, key, texts)
    assert missing == {}
    assert found == {name: derive(tree, path_of(key, name)) for name in texts}
    assert found[texts[0]] == BLANK
    assert len(set(found.values())) == len(texts)


def test_a_branch_that_is_not_given_is_named() -> None:
    path = bytes(range(DEPTH))
    tree = punctured([path])
    for prefix in prefixes(path)[1:]:
        lacking = {at: branch for at, branch in tree.items() if at != prefix}
        with pytest.raises(KeyError) as missing:
            derive(lacking, path)
        assert missing.value.args == (prefix,)
        with pytest.raises(KeyError):
            puncture(lacking, path)


def test_paths_spread_evenly_and_only_who_has_the_path_key_knows_them() -> None:
    names = [f"01900000-0000-7000-8000-{number:012x}" for number in range(6_400)]
    first = [path_of(bytes(PATH_KEY_BYTES), name) for name in names]
    for at in range(DEPTH):
        counts = [sum(path[at] == step for path in first[:3_200]) for step in range(FAN_OUT)]
        assert min(counts) > 15
        assert max(counts) < 100, "fifty each"
    assert not set(first) & {path_of(b"x" * PATH_KEY_BYTES, name) for name in names}
    assert {len(path) for path in first} == {DEPTH}


def secret_at(steps: bytes) -> bytes:
    """The secret that steps lead to in the whole tree."""
    root = WHOLE[ROOT]
    return below(root[steps[0] * SECRET_BYTES : (steps[0] + 1) * SECRET_BYTES], steps[1:])


def below(secret: bytes, steps: bytes) -> bytes:
    for step in steps:
        secret = blake2s(secret + bytes([step])).digest()
    return secret


def test_what_leads_where_stays_what_it_was() -> None:
    """Golden: another hash, order or width would lose every key there is."""
    tree = {ROOT: bytes(range(256)) * (BRANCH_BYTES // 256)}
    path = path_of(bytes(range(PATH_KEY_BYTES)), "0190a0a0-0000-7000-8000-000000000001")
    assert path.hex() == "3f38380b222407043739"
    assert derive(tree, path).hex() == "bcecde88a510ec3a4bffed30a3604cb2b5983c67daae40613f2ff8d840e51ce9"
