"""What is taken for the same answer, what is not, and what is true of every text."""

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routing.similarity import SIMILAR_FROM, SKETCH_MAX, contained, resemblance, sketch


def digest_under(key: bytes):
    """A keyed digest."""
    return lambda content: blake2b(content, key=key, digest_size=16).digest()


OURS = digest_under(b"ours")
RETURNS = (
    "You can return the TV within 30 days with the receipt at any store, and we refund the full price to your card."
)


def alike(one: str, other: str) -> float:
    return resemblance(sketch(one, OURS), sketch(other, OURS))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Thanks!", "THANKS", id="case and punctuation"),
        pytest.param("@mia please restart it", "@ben_k Please restart it.", id="whom it addresses"),
        pytest.param(
            "Please restart your router and call us", "please restart the router and call us", id="a small word"
        ),
        pytest.param(RETURNS, f"Hi! {RETURNS}", id="a greeting before it"),
        pytest.param("Your refund of $20 was issued", "Your refund of $30 was issued", id="another number"),
        pytest.param("👍", "👍", id="what has no letters"),
        pytest.param("ＯＫ，谢谢", "ok 谢谢", id="wide letters"),
    ],
)
def test_the_same_answer(one: str, other: str) -> None:
    assert alike(one, other) >= SIMILAR_FROM


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("The store opens at 9 am on Sunday.", "The store closes at 6 pm on Monday.", id="other facts"),
        pytest.param(RETURNS, "Have you tried turning it off and on again?", id="another matter"),
        pytest.param("您好，请重启路由器后再试", "您的订单已发货，明天到达", id="without spaces"),
        pytest.param("👍", "🙏", id="what has no letters"),
        pytest.param("a", "b", id="the shortest there is"),
    ],
)
def test_another_answer(one: str, other: str) -> None:
    assert alike(one, other) < SIMILAR_FROM


texts = st.text(min_size=1, max_size=300)


@given(texts, texts)
def test_resemblance_is_mutual_and_whole_with_itself(one: str, other: str) -> None:
    assert alike(one, one) == 1
    assert alike(one, other) == alike(other, one)
    assert 0 <= alike(one, other) <= 1


@given(texts)
def test_a_sketch_is_small_and_says_nothing_under_another_key(text: str) -> None:
    ours, theirs = sketch(text, OURS), sketch(text, digest_under(b"theirs"))
    assert 4 <= len(ours) <= 4 * SKETCH_MAX
    assert len(ours) % 4 == 0
    assert resemblance(ours, theirs) < 0.5


@given(st.text(alphabet="abcdef", min_size=3, max_size=40), st.text(alphabet="abcdef", min_size=3, max_size=40))
def test_of_short_texts_it_is_the_coefficient_itself(one: str, other: str) -> None:
    def shingles(text: str) -> set[str]:
        return {text[at : at + 3] for at in range(len(text) - 2)}

    ours, theirs = shingles(one), shingles(other)
    assert alike(one, other) == pytest.approx(len(ours & theirs) / len(ours | theirs), abs=0.35)
    if len(ours | theirs) <= SKETCH_MAX:
        assert alike(one, other) == len(ours & theirs) / len(ours | theirs)


@given(st.text(max_size=300, alphabet=st.characters()), st.text(max_size=300))
def test_a_text_is_in_itself_and_in_what_goes_on_from_it(one: str, other: str) -> None:
    assert contained(one, one) == 1.0
    assert 0.0 <= contained(one, other) <= 1.0


def test_part_of_a_text_is_in_it_and_not_the_other_way_round() -> None:
    part = RETURNS[: len(RETURNS) // 2]
    assert contained(part, RETURNS) == 1.0
    assert 0.4 < contained(RETURNS, part) < 0.6
