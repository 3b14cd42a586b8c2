"""A person's three folders, the DJ programs that empty two of them, and a track to shelve."""

from pathlib import Path

from daemon.models import Format, Rendered, Track
from daemon.pipeline.shelving import Shelf, Shelving
from daemon.pipeline.shelving.publishing import Checkpoint
from daemon.pipeline.shelving.volumes import MARKER
from tests.pipeline.shelving.files import SOUND, rendered_file
from tests.pipeline.shelving.memory import FileMemory

TRACK = Track(title="Title", artists=("Artist",))


class Crate:
    def __init__(self, root: Path, work: Path | None = None):
        self.root = root
        self.work = work or root / "work"
        self.library = root / "library"
        self.backup = root / "backup"
        self.wav_backup = root / "wav-backup"
        self.collected = root / "collected"
        root.mkdir(parents=True, exist_ok=True)
        self.memory = FileMemory(root / "memory.json")

    def rendered(self, content: bytes = SOUND) -> list[Rendered]:
        return [rendered_file(self.work, format_, format_.encode() + content) for format_ in Format]

    def shelve(
        self,
        rendered: list[Rendered],
        *,
        track_id: str = "t1",
        track: Track = TRACK,
        playlist: str | None = None,
        checkpoint: Checkpoint = lambda _: None,
        **shelf,
    ) -> Shelving:
        folders = {"out_dir": self.library, "backup_dir": self.backup, "wav_backup_dir": self.wav_backup, **shelf}
        return Shelf(memory=self.memory, checkpoint=checkpoint, **folders).shelve(track_id, track, playlist, rendered)

    def record(self, shelving: Shelving, track_id: str = "t1") -> None:
        for shelved in shelving.files:
            self.memory.record(track_id, shelved)

    def collect(self) -> None:
        """What the DJ programs do at any moment: move what is visible into libraries of their own."""
        for inbox in (self.backup, self.wav_backup):
            for file in inbox.glob("[!.]*") if inbox.is_dir() else ():
                mine = self.collected / inbox.name
                mine.mkdir(parents=True, exist_ok=True)
                file.rename(mine / f"{len(list(mine.iterdir()))} {file.name}")

    def visible(self) -> dict[str, bytes]:
        """Every file that a person can see, by its path."""
        folders = (self.library, self.backup, self.wav_backup, self.collected)
        files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
        return {str(file.relative_to(self.root)): file.read_bytes() for file in files if not file.name.startswith(".")}

    def leftovers(self) -> list[str]:
        return [file.name for file in self.root.rglob(".*") if file.name != MARKER]
