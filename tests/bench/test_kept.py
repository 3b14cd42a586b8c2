"""What benches keep between runs."""

from __future__ import annotations

import pytest

from bench import kept


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_a_folder_stays_and_another_version_of_it_goes(cache):
    first = kept.folder("sounds", "1")
    (first / "a").touch()
    other = kept.folder("other", "1")
    assert kept.folder("sounds", "1") == first
    assert (first / "a").exists()
    second = kept.folder("sounds", "2")
    assert second.is_dir()
    assert not first.exists()
    assert other.is_dir()
    assert second.is_relative_to(cache)


def test_what_could_not_be_made_is_not_there(tmp_path):
    def fail() -> bytes:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        kept.made(tmp_path / "file", fail)
    assert not (tmp_path / "file").exists()
    assert kept.made(tmp_path / "file", lambda: b"x").read_bytes() == b"x"


def test_a_question_is_asked_once_for_each_file_and_wording(tmp_path):
    file, asked = tmp_path / "file", []
    file.write_bytes(b"one")

    def ask() -> dict[str, float]:
        asked.append(1)
        return {"peak": 0.5}

    for question in (("meter", "1.0"), ("meter", "1.0"), ("meter", "1.1"), ("meter1.1",)):
        assert kept.answer(question, file, ask) == {"peak": 0.5}
    assert len(asked) == 3
    file.write_bytes(b"two")
    kept.answer(("meter", "1.0"), file, ask)
    assert len(asked) == 4
