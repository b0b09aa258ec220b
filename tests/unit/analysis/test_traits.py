"""Keys and values that go with failure or slowness are named, and what only goes with them is not."""

import hashlib
import math
import random
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from longpole.analysis import traits
from longpole.analysis.trait_claims import claim_failures, claim_slowness
from longpole.analysis.traits import ABSENT, LARGE, Sample, Trait, find_traits, leaves_of

Given = dict[str, object]


def samples(
    rate: Callable[[Given, int], float], *, slower: Callable[[Given], float] = lambda _: 1.0, count: int = 3000
) -> list[Sample]:
    chance = random.Random(11)
    found: list[Sample] = []
    for number in range(count):
        stretch = number % 20
        given: Given = {
            "region": chance.choice(("eu", "us", "asia")),
            "customer": {"id": f"c{number}", "tier": chance.choice(("gold", "free"))},
            "amount": chance.lognormvariate(3, 1),
        }
        if chance.random() < 0.2:
            given["coupon"] = "SPRING"
        log_duration = math.log(1e9 * slower(given)) + chance.gauss(0, 0.7)
        found.append(Sample(stretch, chance.random() < rate(given, stretch), log_duration, 1.0, leaves_of(given)))
    return found


def failing(made: list[Sample]) -> list[Trait]:
    return [claim.trait for claim in claim_failures(made, find_traits(made))]


def slow(made: list[Sample]) -> list[Trait]:
    return [claim.trait for claim in claim_slowness(made, find_traits(made))]


def test_a_bad_value_is_named_with_both_rates() -> None:
    made = samples(lambda given, _: 0.3 if given["region"] == "asia" else 0.05)
    [claim] = claim_failures(made, find_traits(made))
    assert claim.trait == Trait("region", "=", "asia")
    assert abs(claim.with_it - 0.3) < 0.05
    assert abs(claim.without_it - 0.05) < 0.02
    assert claim.p_value < 1e-9


def test_where_inputs_do_not_matter_nothing_is_named() -> None:
    made = samples(lambda _, stretch: 0.8 if stretch == 3 else 0.05)
    assert failing(made) == []
    assert slow(made) == []


def test_inputs_that_came_during_an_outage_are_not_to_blame() -> None:
    made = samples(lambda _, stretch: 0.7 if stretch == 3 else 0.03)
    for place, sample in enumerate(made):
        region = "eu" if sample.stratum == 3 and place % 4 else "us"
        made[place] = Sample(sample.stratum, sample.has_failed, sample.log_duration, 1.0, {"region": (region,)})
    assert failing(made) == []


def test_a_key_with_one_value_is_named_once() -> None:
    assert failing(samples(lambda given, _: 0.3 if "coupon" in given else 0.05)) == [Trait("coupon", "=", "SPRING")]


def test_a_missing_key_is_named() -> None:
    [trait] = failing(samples(lambda given, _: 0.05 if "coupon" in given else 0.3))
    assert trait == Trait("coupon", ABSENT, "")


def test_large_numbers_that_take_long_are_named_with_the_limit() -> None:
    [trait] = slow(samples(lambda *_: 0.05, slower=lambda given: 1.6 if float(str(given["amount"])) > 39 else 1.0))
    assert (trait.key, trait.relation) == ("amount", LARGE)
    assert 30 < float(trait.value) < 50


def test_two_causes_are_both_named() -> None:
    made = samples(lambda given, _: 0.04 + 0.2 * (given["region"] == "us") + 0.2 * ("coupon" in given))
    assert {trait.key for trait in failing(made)} == {"region", "coupon"}


def digests(values: tuple[str | float, ...]) -> tuple[str, ...]:
    return tuple(hashlib.md5(str(value).encode()).hexdigest() for value in values)


def test_hashed_values_tell_as_much_as_plain_ones() -> None:
    made = samples(lambda given, _: 0.3 if given["region"] == "asia" else 0.05)
    hashed = [
        Sample(
            one.stratum, one.has_failed, one.log_duration, one.weight, {k: digests(v) for k, v in one.leaves.items()}
        )
        for one in made
    ]
    assert failing(hashed) == [Trait("region", "=", hashlib.md5(b"asia").hexdigest())]


def test_more_failures_in_the_sample_than_in_truth_do_not_change_the_rates() -> None:
    made = samples(lambda given, _: 0.1 if given["region"] == "asia" else 0.02, count=20_000)
    kept = [one for place, one in enumerate(made) if one.has_failed or place % 10 == 0]
    stand = [Sample(o.stratum, o.has_failed, o.log_duration, 1.0 if o.has_failed else 10.0, o.leaves) for o in kept]
    [claim] = claim_failures(stand, find_traits(stand))
    assert abs(claim.with_it - 0.1) < 0.02
    assert abs(claim.without_it - 0.02) < 0.01


def test_too_few_executions_name_nothing() -> None:
    made = samples(lambda given, _: 1.0 if given["region"] == "asia" else 0.0, count=30)
    assert failing(made) == []


def test_a_hostile_input_stays_small() -> None:
    deep: object = "end"
    for _ in range(500):
        deep = {"a": deep}
    assert leaves_of(deep) == {}
    assert len(leaves_of({f"k{n}": n for n in range(5000)})) <= 60
    assert leaves_of({"text": "x" * 5000}) == {"text (length)": (5000.0,)}
    assert leaves_of([], "input") == {"input (count)": (0.0,)}


def has(leaves: dict[str, tuple[str | float, ...]], trait: Trait) -> bool:
    """Whether an input has a trait, by what the words say."""
    values = leaves.get(trait.key, ())
    numbers = [value for value in values if isinstance(value, float)]
    match trait.relation:
        case "=":
            return trait.value in {value if isinstance(value, str) else f"{value:g}" for value in values}
        case traits.PRESENT | traits.ABSENT:
            return (trait.key in leaves) == (trait.relation == traits.PRESENT)
        case traits.SMALL:
            return bool(numbers) and min(numbers) <= float(trait.value)
        case _:
            return bool(numbers) and max(numbers) >= float(trait.value)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "word": st.sampled_from(["a", "b", "1"]),
                "mixed": st.sampled_from(["1", 1, True, None]),
                "few": st.integers(0, 5),
                "many": st.lists(st.integers(0, 99), max_size=3),
            },
        ),
        min_size=60,
        max_size=120,
    )
)
def test_the_samples_of_a_trait_are_those_that_have_it(inputs: list[Given]) -> None:
    made = [Sample(0, False, 0.0, 1.0, leaves_of(one)) for one in inputs]
    for trait, places in find_traits(made).items():
        assert list(places) == [place for place, one in enumerate(made) if has(dict(one.leaves), trait)], trait
