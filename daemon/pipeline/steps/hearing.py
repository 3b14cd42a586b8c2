"""What it sounds like: whether it is whole, whether it is the right recording, and whether the crate has it."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path

from daemon.errors import AuthExpired, BadMedia, DaemonError, NeedsPerson, Transient
from daemon.ledger.sounds import TwinOf
from daemon.models import Duplicate, Fetched, Heard, Service, Source, Track
from daemon.pipeline.enriching import found_at
from daemon.pipeline.proof import prove
from daemon.pipeline.sources import release_choice, titled
from daemon.pipeline.steps.desk import Desk, Order
from daemon.pipeline.telling import telling
from daemon.quality import source_quality

_ACOUSTID = "acoustid"


class Hearing(Desk):
    """The steps over the one decode."""

    def listen(self, order: Order, track: Track, source: Source, fetched: Fetched) -> Heard:
        """One decode that tells everything, and the proof that this is the whole track. What is refused is kept in
        quarantine."""
        with telling(self._parts.tell, order.track_id, "listen") as account:
            audio, heard = self._there(fetched.path), None
            try:
                heard = self._parts.studio.listen(audio, self._work(order), account.progress)
                proof = prove(titled(track, source), fetched, heard, source)
                if self._quarantine.released_for(order.track_id, source) is None:
                    proof.insist(fetched)
            except BadMedia as refusal:
                self._quarantine.put(order.track_id, order.attempt, fetched, heard, source, str(refusal))
                raise
            heard = replace(heard, flags=tuple(dict.fromkeys((*heard.flags, *proof.flags))))
            self._ledger.tracks.remember_heard(order.track_id, heard)
            self._ledger.waveforms.keep(order.track_id, Path(heard.peaks_path).read_bytes())
            account.result = _heard_in_words(heard, fetched)
            return heard

    def recognise(self, order: Order, track: Track, source: Source, fetched: Fetched, heard: Heard) -> str:
        """What AcoustID says it is, in words; empty where nobody was asked. Raises BadMedia when it surely is another
        recording, NeedsPerson when that was the very upload that was liked. Without an answer, and whatever else
        AcoustID answers, nothing waits and nothing fails."""
        recogniser = self._parts.recogniser
        if recogniser is None or source.trusted:
            return ""
        with telling(self._parts.tell, order.track_id, "recognise") as account:
            if self._ledger.services.parked(_ACOUSTID) is not None:
                account.result = "AcoustID rests; it goes on without"
                return ""
            from daemon.pipeline.recognising import judge_recognised  # late, as in `knowing`

            words = array("I", self._there(heard.fingerprint_path).read_bytes())
            try:
                recordings = recogniser().recognise(words, heard.duration_s)
            except DaemonError as trouble:
                if isinstance(trouble, Transient | AuthExpired):
                    self._park(trouble)
                account.result = f"goes on without: {trouble}"
                return ""
            self._ledger.services.answered(_ACOUSTID)
            recognition = judge_recognised(track, recordings)
            account.result = recognition.evidence
            if recognition.verdict == "another":
                kept = self._quarantine.put(order.track_id, order.attempt, fetched, heard, source, recognition.evidence)
                if source.candidate.id == order.ref.id:  # another upload would not be what was liked, either
                    raise NeedsPerson(
                        f"{recognition.evidence} Listen to it, and release or discard it.", [release_choice(kept)]
                    )
                raise BadMedia(recognition.evidence)
            if recognition.verdict == "confirmed":
                evidence = f"{source.evidence}; {recognition.evidence}"
                self._ledger.tracks.remember_source(order.track_id, replace(source, evidence=evidence))
            return recognition.evidence

    def _has_files(self, order: Order) -> bool:
        return any(
            file.missing_since is None and file.shelved.role == "library" and file.shelved.sha256
            for file in self._ledger.files.of(order.track_id)
        )

    def claim_sound(self, order: Order, track: Track, source: Source, heard: Heard) -> Duplicate | None:
        """Claims this recording for this track, unless another track has it already. What is claimed is known by the
        place it came from, too."""
        with telling(self._parts.tell, order.track_id, "claim") as account:
            # Not at the top: numpy would cost an idle daemon 11 MB, and every start a tenth of a second.
            from daemon.pipeline import twins

            packed = self._there(heard.fingerprint_path).read_bytes()
            words = twins.words_of(packed)
            own = self._ledger.sounds.words(order.track_id)
            if own and self._has_files(order) and twins.bit_error(words, twins.words_of(own)) > twins.MOST_BIT_ERROR:
                raise NeedsPerson(
                    f"Some of its files are not there any more, and {source.candidate.url}, which is found for it now, "
                    "is another recording than the others. Put them back; or let all of them be made anew from that "
                    "one (`cratekeeper pin`), or from none (`cratekeeper reject`)."
                )

            claim = self._ledger.sounds.claim(
                order.track_id,
                packed,
                heard.duration_s,
                index_words=twins.sample_words(words),
                search_words=twins.search_words(words),
                is_twin=twins.verifier(words, heard.duration_s),
                version=track.version,
                is_twin_though_named_otherwise=twins.verifier(words, heard.duration_s, closely=True),
                nominated=self._ledger.tracks.nominate(isrc=track.isrc, url=track.urls.get(Service.SPOTIFY)),
            )
            if isinstance(claim, TwinOf):
                account.result = "the crate has this recording"
                return Duplicate(of=claim.track_id, evidence=f"the same sound, {claim.bit_error:.1%} of bits differ")
            self._ledger.tracks.describe(
                order.track_id, found_at(self._as_corrected(order, titled(track, source)), source)
            )
            account.result = "a recording that the crate does not have"
            return None


def _heard_in_words(heard: Heard, fetched: Fetched) -> str:
    tempo = f"{heard.tempo.bpm:.2f} BPM" if heard.tempo else "no pulse"
    key = f"{heard.key.name} ({heard.key.camelot})" if heard.key else "no key"
    return f"{tempo}, {key}, {heard.duration_s:.1f} s, {source_quality(heard, fetched)}"
