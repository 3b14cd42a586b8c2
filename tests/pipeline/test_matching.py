"""Which search result is the recording: the gate, the versions, the threshold."""

from __future__ import annotations

import pytest

from daemon.models import Candidate, Service, Track
from daemon.pipeline.matching import accepted, doubtful, rank

ORIGINAL = Track(title="Glass Harbour", artists=("Mira Vale",), duration_s=200)


def found(title, *, channel="Mira Vale - Topic", duration_s=200.0, **more):
    return Candidate(
        service=Service.YOUTUBE,
        id=title,
        url=f"https://youtu.be/{title}",
        title=title,
        channel=channel,
        duration_s=duration_s,
        **more,
    )


@pytest.mark.parametrize(
    "candidate",
    [
        found("Glass Harbour"),
        found("Glass Harbour (2019 Remaster)"),
        found("Mira Vale - Glass Harbour (Official Video)", channel="Mira Vale", verified=True, duration_s=207),
        found("MIRA VALE – Gláss Harbour [HD]", channel="Mira Vale"),
        found("Mira Vale - Glass Harbour", channel="Label Records", duration_s=201),
    ],
)
def test_taken_without_asking(candidate):
    assert accepted(rank(ORIGINAL, [candidate])), rank(ORIGINAL, [candidate])


@pytest.mark.parametrize(
    "candidate",
    [
        found("Glass Harbour (Sunder Remix)"),
        found("Glass Harbour (Live at the Pier)"),
        found("Mira Vale - Glass Harbour (Sped Up)", channel="nightcorez"),
        found("Glass Harbour", channel="The Other Band - Topic"),
        found("Mira Vale - Slow Water"),
        found("Glass Harbour", duration_s=3600),
        found("Glass Harbour", duration_s=30),
        found("Glass Harbour", live=True),
    ],
)
def test_never_taken_without_asking(candidate):
    assert not accepted(rank(ORIGINAL, [candidate])), rank(ORIGINAL, [candidate])


@pytest.mark.parametrize("duration_s", [3600, 30, 194.9, 215.1])
def test_the_wrong_length_is_not_even_asked_about(duration_s):
    assert rank(ORIGINAL, [found("Glass Harbour", duration_s=duration_s)]) == []


def test_the_version_that_was_liked_wins_over_the_original():
    liked = Track(title="Glass Harbour (Sunder Remix)", artists=("Mira Vale", "Sunder"), duration_s=200)
    sources = accepted(rank(liked, [found("Glass Harbour"), found("Glass Harbour (Sunder Remix)")]))
    assert [source.candidate.title for source in sources] == ["Glass Harbour (Sunder Remix)"]


def test_views_settle_a_tie_and_nothing_else():
    few, many = found("Glass Harbour", views=3), found("Glass Harbour", views=3_000_000)
    assert [one.candidate for one in rank(ORIGINAL, [few, many])] == [many, few]
    wrong = found("Glass Harbour (Live)", views=3_000_000_000)
    assert rank(ORIGINAL, [wrong, few])[0].candidate == few


def test_the_doubtful_are_at_most_three_and_carry_why():
    crowd = [found("Mira Vale Glass", channel=f"someone {n}", duration_s=209) for n in range(5)]
    asked = doubtful(rank(ORIGINAL, crowd))
    assert len(asked) <= 3
    assert all("title" in one.evidence for one in asked)
