"""What every source of tracks promises."""

from collections.abc import Iterator

import pytest

from daemon.errors import RateLimited
from daemon.models import Check
from tests.contracts.cases import SOURCES, SourceStage
from tests.contracts.faults_table import BROKEN, RATE_LIMITED


@pytest.fixture(params=SOURCES)
def stage(request, tmp_path, patience_s) -> Iterator[SourceStage]:
    with SOURCES[request.param](tmp_path, patience_s) as stage:
        assert stage.source.name == request.param
        yield stage


def assert_discreet(stage: SourceStage, text: str) -> None:
    shown = [secret for secret in stage.secrets() if secret in text]
    assert not shown


@pytest.mark.parametrize("count", [0, 1, 3, 7])
def test_the_newest_come_first_and_no_more_than_asked_for(stage, count):
    there = stage.show(count)
    for limit in (0, 1, 3, 100):
        assert [ref.id for ref in stage.source.newest(limit)] == there[:limit]


def test_a_reference_says_where_it_was_found(stage):
    stage.show(1)
    (ref,) = stage.source.newest(1)
    assert ref.found_in == stage.source.name
    assert ref.url.startswith("http")
    assert ref.told is None or ref.alias in ref.told.aliases


@pytest.mark.parametrize("trouble", BROKEN + RATE_LIMITED, ids=str)
def test_trouble_is_an_error_and_never_an_empty_list(stage, trouble):
    there = stage.show(1)
    stage.source.newest(1)
    stage.faults.add(stage.system, trouble.fault, route=stage.route, times=None)

    with pytest.raises(trouble.error) as caught:
        stage.source.newest(1)

    assert caught.value.retry_after_s == trouble.retry_after_s
    assert caught.value.service == stage.system
    assert_discreet(stage, str(caught.value))
    stage.faults.clear()
    assert [ref.id for ref in stage.source.newest(1)] == there


@pytest.mark.parametrize("trouble", RATE_LIMITED, ids=str)
def test_a_rate_limit_is_neither_slept_through_nor_tried_again(stage, trouble):
    stage.show(1)
    stage.faults.add(stage.system, trouble.fault, route=stage.route)
    with pytest.raises(RateLimited):
        stage.source.newest(1)
    assert len(stage.log.of(stage.system, path=stage.route)) == 1


@pytest.mark.parametrize("trouble", [None, *BROKEN, *RATE_LIMITED], ids=str)
def test_a_check_raises_nothing(stage, trouble):
    stage.show(1)
    if trouble is not None:
        stage.faults.add(stage.system, trouble.fault, times=None)

    check = stage.source.check()

    assert isinstance(check, Check)
    assert check.name == stage.source.name
    assert (check.level == "ok") is (trouble is None)
    assert bool(check.todo) is (trouble is not None)
    assert_discreet(stage, f"{check}")
