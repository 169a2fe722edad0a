"""Clusters of equal answers."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.cluster import cluster
from tabletutor.records.question import AnswerSpec

CONFIG = VerdictsConfig()


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.floats(0, 1), min_size=1), st.randoms())
def test_clusters_do_not_depend_on_the_order(answers: dict[str, float], source: Any) -> None:
    shuffled = list(answers.items())
    source.shuffle(shuffled)
    wide = VerdictsConfig(relative_tolerance=0.009)
    clusters = cluster(answers, "number", AnswerSpec(decimals=1), wide)
    assert cluster(dict(shuffled), "number", AnswerSpec(decimals=1), wide) == clusters
    assert clusters[min(answers)] == 0
    assert set(clusters.values()) == set(range(max(clusters.values()) + 1))


def test_a_chain_of_equal_answers_is_one_cluster() -> None:
    answers = {"a": 1.00, "b": 1.04, "c": 1.08, "d": 2.0}
    assert cluster(answers, "number", AnswerSpec(decimals=1), CONFIG) == {"a": 0, "b": 0, "c": 0, "d": 1}
