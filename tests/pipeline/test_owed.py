"""A copy that an inbox is owed is made when its drive comes back, and not twice."""

from __future__ import annotations

import pytest

from daemon.service.oneshot import single
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from integrations.sandbox.world import COPPER_SUN, LOW_TIDE
from tests.house import a_home


@pytest.fixture
def home(tmp_path):
    inboxes = {"BACKUP_DIR": str(tmp_path / "dj"), "WAV_BACKUP_DIR": str(tmp_path / "player")}
    with a_home(tmp_path, **inboxes) as home:
        yield home


def run(home):
    settings = home.settings
    with open_house(settings, lambda _told: None, Outside(settings)) as rooms:
        return single(rooms)


def test_what_was_away_gets_its_copy_once_it_is_back(home):
    dj, player = home.folder / "dj", home.folder / "player"
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    assert run(home).owed == ()
    for inbox in (dj, player):
        inbox.rename(inbox.with_suffix(".unplugged"))

    home.world.person.likes_on_soundcloud(COPPER_SUN)
    ended = run(home)
    assert len(ended.tracks) == 1, "the track itself is filed"
    assert sorted(reason.split(":")[0] for reason in ended.owed) == ["BACKUP_DIR", "WAV_BACKUP_DIR"]
    assert sorted(reason.split(":")[0] for reason in run(home).owed) == ["BACKUP_DIR", "WAV_BACKUP_DIR"]
    assert not dj.exists(), "nothing is made where a drive should be"

    for inbox in (dj, player):
        inbox.with_suffix(".unplugged").rename(inbox)
    assert run(home).owed == ()
    name = "Anouk Fields - Copper Sun"
    assert (dj / f"{name}.m4a").is_file()
    assert (player / f"{name}.wav").is_file()
    assert list((home.folder / "var" / "owed").iterdir()) == []

    (dj / f"{name}.m4a").unlink()  # the DJ program has taken it in
    assert run(home).owed == ()
    assert not (dj / f"{name}.m4a").exists(), "delivered once"
