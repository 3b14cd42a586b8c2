"""What is said when a peer is not here."""

from __future__ import annotations

import pytest

from bench import agreement, peers
from bench.naive import Naive


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_missing_program_is_named_with_its_package():
    assert "apt install libchromaprint-tools" in (peers.missing("fpcalc") or "")
    assert "no ffmpeg here" in (peers.missing("ffmpeg") or "")


def test_one_that_is_there_is_not_missing(tmp_path):
    program = tmp_path / "ffmpeg"
    program.write_text("")
    program.chmod(0o755)
    assert peers.missing("ffmpeg") is None


def test_the_naive_sequence_says_everything_that_it_lacks():
    reason = Naive.why_not() or ""
    assert "no ffmpeg here" in reason
    assert "no fpcalc here" in reason


def test_agreement_leaves_out_what_it_cannot_ask(monkeypatch):
    monkeypatch.setattr(agreement, "FILES", ())
    report = agreement.measure()
    assert ["no ffmpeg here" in number.beside for number in report.numbers] == [True, False]
    assert ["no fpcalc here" in number.beside for number in report.numbers] == [False, True]
