"""The words around a name that say nothing of which recording it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from daemon.identity.folding import word_set
from daemon.identity.version_words import HAN_SAYS_NOTHING

_HAN = "\u3400"
LABEL_WORDS = word_set(
    """
    records recordings label recs rec sounds nation network entertainment musicgroup discos disques tapes musik
    """
)
"""Words that labels have in their names."""

_NOISE = word_set(
    """
    klipa pesni slova slovami unofficial visual visuals onscreen screen musical traduction traduzione ubersetzung
    sottotitoli napisy cdq cc br official officiel oficial offizielles offizieller ofitsialny ufficiale oficjalny
    offiziell officieel officiele resmi uradni music musik musica muzyka video videos videoclip videoclipe
    musikvideo musicvideo audio lyric lyrics letra letras paroles testo tekst tekstem lirik lirics liryc mv m v hd
    hq uhd fhd sd 4k 8k 2k hdr 320 kbps hires flac mp3 wav visualizer visualiser visualization visualizador dl
    premiere exclusive pv amv clip clips clipe klip klippe klipy teledysk vevo ncs copyright nocopyright color
    coded han rom eng rus kor jpn sub subs subtitles traducida traduccion subtitulada translation version ver by
    the a an und and of in on for to with is s feat ft featuring prod produced remaster remastered legendado
    legendas hudebni klipas videosu sarki sozleri sozler premijera premera premiera novinka eksklyuziv gasa gasya
    kasi kashi myujikbidio presents pres pv x vs y et con track upload rip vinylrip master mastered
    """
)
"""Words that say nothing of which recording it is, wherever they stand."""
_NOISE_ASIDE = _NOISE | word_set(
    """
    free song songs download out now best quality high full complete original new single album ep lp cd vinyl ost
    soundtrack theme from movie film netflix series disc tv anime opening ending op ed tik tok tiktok viral
    trending hit dolby atmos stereo available today stream streaming listen spotify apple itunes beatport bandcamp
    soundcloud youtube link description subscribe my our this le la el les der die das promo promotion present aka
    dj artist band channel fan made anniversary edition screen static image art page wallpaper performance dance
    practice choreography uploaded self titled debut 1st 2nd lead release releases topic records recordings recs
    label royalty no house techno trance deep progressive tech melodic edm electro electronic dubstep drum bass
    dnb trap pop rock indie hip hop rnb soul jazz funk disco ambient chill chillout synthwave future garage
    hardcore jungle minimal afro latin folk metal punk rap reggae 90s 80s 70s classic oldskool week day of year
    limited bonus disque side volume premiering
    """
)
"""Words that say nothing in brackets, or behind a bar; beside a name they may be part of another name."""
_DATE_OR_SIZE = re.compile(r"(?:19[2-9]|20[0-4])\d|\d+p|\d+fps|\d+kbps|\d+k|\d+bit|\d+khz")
_PRESSING = re.compile(r"[a-z]{2,}\d{2,}[a-z]?|[a-h]\d")
_AS_PRINTED = re.compile(
    r"(?<![^\W_])[A-Z][A-Z\d]*[A-Z][ -]?\d{2,}[A-Z]?(?![^\W_])|(?<![^\W_])[a-z]{3,}\d{3}(?![^\W_])"
)
_ALSO_OF_SOUNDS = frozenset({"sounds", "nation", "network"})
"""`(Sleepy Piano Sounds)` need not be a label."""
_CATALOGUE_NUMBER = re.compile(r"[a-z]{2,}\d{2,}[a-z]?|0\d+|\d{2}")


def is_noise(said: Sequence[str]) -> bool:
    """Whether these words, which stand by themselves, say nothing of which recording it is."""
    return not without_noise(said, aside=True)


def without_noise(said: Sequence[str], *, aside: bool = False) -> list[str]:
    """What is left of these words when those that say nothing are taken out; `aside`: they stand in brackets or
    behind a bar."""
    noise = _NOISE_ASIDE if aside else _NOISE
    return [word for word in said if word not in noise and not _says_nothing(word, aside)]


def is_label(said: Sequence[str]) -> bool:
    """Whether a stretch of a title names a label: a word for one at its end, but for a number of its catalogue."""
    kept = list(said)
    while kept and (_PRESSING.fullmatch(kept[-1]) or kept[-1].isdigit()):
        kept.pop()
    return bool(kept) and kept[-1] in LABEL_WORDS - _ALSO_OF_SOUNDS


def has_pressing(text: str) -> bool:
    """Whether the number that a label gave a record is in this text: `Low Tide LTR014`, `PLC-014 A1`."""
    return _AS_PRINTED.search(text) is not None


def _says_nothing(word: str, aside: bool) -> bool:
    if _DATE_OR_SIZE.fullmatch(word) or (aside and _CATALOGUE_NUMBER.fullmatch(word)):
        return True
    return word[0] >= _HAN and any(part in word for part in HAN_SAYS_NOTHING)
