"""What every recogniser promises."""

from collections.abc import Iterator

import numpy as np
import pytest

from daemon.errors import AuthExpired
from daemon.models import Check
from daemon.ports import Recogniser
from integrations.sandbox.acoustid import Recording
from tests.contracts.faults_table import BROKEN, RATE_LIMITED
from tests.integrations.acoustid_stage import KEY, AcoustIdStage, acoustid_stage, another_rip, sound

SONG = Recording(title="Glass Harbour", artists=("Mira Vale", "Sunder"), duration_s=213.5)
OTHER = Recording(title="Copper Sun", artists=("Anouk Fields",))


@pytest.fixture
def stage(patience_s) -> Iterator[AcoustIdStage]:
    with acoustid_stage(patience_s) as stage:
        yield stage


@pytest.fixture
def recogniser(stage) -> Recogniser:
    return stage.acoustid()


def test_a_known_sound_is_named(stage, recogniser):
    stage.twin.know(sound(1), 213.5, SONG)
    stage.twin.know(sound(2), 213.5, OTHER)
    (found,) = recogniser.recognise(sound(1), 213.5)
    assert (found.title, found.artists, found.duration_s) == ("Glass Harbour", ("Mira Vale", "Sunder"), 213.5)
    assert (found.score, found.recording_id) == (1.0, SONG.id)


def test_words_of_numpy_are_words_too(stage, recogniser):
    stage.twin.know(sound(1), 213, SONG)
    assert recogniser.recognise(np.array(sound(1), np.uint32), 213)[0].title == "Glass Harbour"


def test_the_surest_comes_first(stage, recogniser):
    stage.twin.know(another_rip(sound(1), 0.1), 213, OTHER)
    stage.twin.know(another_rip(sound(1), 0.01), 213, SONG)
    found = recogniser.recognise(sound(1), 213)
    assert [one.title for one in found] == ["Glass Harbour", "Copper Sun"]
    assert found[0].score > 0.95 > found[1].score > 0.7


def test_an_unknown_sound_has_no_name(stage, recogniser):
    stage.twin.know(sound(1), 213, SONG)
    assert list(recogniser.recognise(sound(3), 213)) == []


def test_a_sound_that_nobody_named_has_no_name(stage, recogniser):
    stage.twin.know(sound(1), 213)
    stage.twin.know(sound(2), 213, Recording(title=""))
    assert list(recogniser.recognise(sound(1), 213)) == []
    assert list(recogniser.recognise(sound(2), 213)) == []


@pytest.mark.parametrize("trouble", [*BROKEN, *RATE_LIMITED], ids=str)
def test_trouble_is_an_error_and_never_an_answer(stage, recogniser, trouble):
    stage.twin.know(sound(1), 213, SONG)
    stage.faults.add("acoustid", trouble.fault, times=None)
    with pytest.raises(trouble.error) as caught:
        recogniser.recognise(sound(1), 213)

    assert caught.value.service == "acoustid"
    assert caught.value.retry_after_s == trouble.retry_after_s
    assert KEY not in str(caught.value)
    stage.faults.clear()
    assert recogniser.recognise(sound(1), 213)


def test_a_refused_key_parks_the_service(stage):
    stage.twin.client_key = "another"
    with pytest.raises(AuthExpired) as caught:
        stage.acoustid().recognise(sound(1), 213)
    assert caught.value.service == "acoustid"
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("trouble", [None, *BROKEN, *RATE_LIMITED], ids=str)
def test_a_check_raises_nothing(stage, recogniser, trouble):
    if trouble is not None:
        stage.faults.add("acoustid", trouble.fault, times=None)

    check = recogniser.check()

    assert isinstance(check, Check)
    assert (check.level == "ok") is (trouble is None)
    assert bool(check.todo) is (trouble is not None)
    assert KEY not in f"{check}"
