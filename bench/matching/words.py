"""The word banks of the grammar. All invented; nothing here is shared with the scorer's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.matching.held import Dice


@dataclass(frozen=True, slots=True)
class Name:
    """What somebody or something is called."""

    native: str
    """As its owner writes it."""
    others: tuple[str, ...] = ()
    """Other ways that people write it."""

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.native, *self.others)


def _bank(words: str) -> tuple[str, ...]:
    return tuple(words.split())


FIRST = _bank(
    "Mira Oskar Juno Tilda Marek Anouk Ilse Bodhi Greta Sven Lucía Rafael Noor Idris Priya Mateus Freya Anselm Yara "
    "Lennart Zofia Emeka Saskia Dario Wanda Kofi Elin Tomasz Renée Bruno Amara Jonas Vesna Callum Odile Pavel Nadia "
    "Henrik Solveig Thiago Maren Rufus Ottilie Kwame Signe Ezra Leonie Milo"
)
SURNAMES = _bank(
    "Vale Blom Reef Harrow Kessler Duarte Lindqvist Okafor Marsh Petrov Sorel Quill Brandt Ferreira Novak Ashdown Tamm "
    "Wilde Castellan Moreau Hale Ibarra Strand Voss Keane Adeyemi Corvin Laurent Thorne Bexley Sandoval Grieve Winter "
    "Falk Osei Carrow Lund Pike Romero Stern Hollis Varga Mercer Rask Delacroix Penrose"
)
ADJECTIVES = _bank(
    "Copper Hollow Silver Quiet Velvet Broken Distant Golden Frozen Paper Crimson Hidden Burning Gentle Electric Pale "
    "Marble Restless Bitter Amber Secret Lonely Wooden Violet Heavy Endless Sleepless Shallow Wild Tender Magnetic "
    "Scarlet Empty Northern Glass Ancient Sudden Feral Lucid Concrete"
)
NOUNS = _bank(
    "Line River Harbour Lantern Signal Mirror Orchard Engine Shadow Meadow Tower Ocean Ember Window Garden "
    "Machine Horizon Feather Compass Thunder Valley Cathedral Satellite Static Avenue Tiger Bridge Canyon Mosaic Orbit "
    "Pavement Prism Riddle Saffron Temple Tunnel Voltage Whisper Zephyr Anchor Blossom Cinder Dagger Echo Fable "
    "Glacier Heron Island Jungle Kingdom Lagoon Monsoon Needle Oracle Parade Quarry Raven Summit Tide Umbrella "
    "Vessel Willow"
)
VERBS = _bank("Follow Carry Forget Chase Remember Hold Leave Find Wake Believe Touch Trace Haunt Bury Catch Borrow")
COMMON = _bank(
    "Home Stay Love You Gold Fire Angel Heaven Alone Closer Forever Run Tonight Again Hello Lost Rain Breathe Paradise "
    "Dreams Higher Sunrise Moonlight Falling Believer Summer Stranger Sorry Miracle Vertigo"
)
SINGLE = _bank(
    "Kaleidoscope Ultramarine Halcyon Petrichor Meridian Solstice Palisade Nocturne Ricochet Labyrinth Tangerine "
    "Evergreen Quicksand Supernova Undertow Wildflower Avalanche Birdsong Chrysalis Daybreak Equinox Firefly Gravity "
    "Hourglass Indigo Juniper Kerosene Lighthouse Mercury Nightfall Obsidian Periphery Quartz Rosewater Starling"
)
PLAIN = (
    *("Live Wire", "Live Forever Young", "Remix My Heart", "Slowed Down Hearts", "Cover Me Gently", "Cover of Night"),
    *("Radio Silence", "Radio Tokyo", "The Loop", "Loop of Fate", "Acoustic Shadows", "Edit Me Out", "Extended Family"),
    *("Instrumental Lies", "Mixtape Summer", "Dub Be Kind", "Demo of Us", "We Live Here Now", "Speed Up Slow Down"),
    *("VIP Lounge", "Bootleg Whiskey", "Karaoke Night", "Nightcore Angel", "Original Sinner", "Versions of Me"),
    *("Remastered Memories", "Audio Illusion", "Video Days", "Official Stranger", "Lyrics for Nobody"),
)
"""Titles in which a word that often names a version is just a word."""
ODD = (
    *("4AM", "99 Doors", "Don't Wait Up", "What's Left (Of Us)", "Salt & Ember", "Night / Day", "Wait...", "22:22"),
    *("U Got Me", "Ain't No Harbour", "M.O.N.E.Y.", "Je t'oublie", "Señorita Azul", "Für Nora", "S.O.S. Tonight"),
    *("(Don't) Let Go", "Run, Run, Run", "Who Are You?", "Love Me Like You Mean It", "I Can't Sleep Without the Rain"),
)
STYLISED = (
    *(Name("DEADLØCK", ("Deadlock",)), Name("Sørine", ("Sorine",)), Name("K/ND", ("KND",))),
    *(
        Name("M.O.T.H", ("MOTH", "M.O.T.H.")),
        Name("Zürich Nord", ("Zurich Nord",)),
        Name("¡Vamos Luz!", ("Vamos Luz",)),
    ),
    *(Name("N!GHTKID", ("NIGHTKID",)), Name("Café Ödland", ("Cafe Odland",)), Name("P$YCHE", ("PSYCHE",))),
    *(Name("xo.mara", ("XO Mara",)), Name("tRiPTYCH", ("Triptych",)), Name("Ólavur Dún", ("Olavur Dun",))),
    *(Name("7th Parallel", ("Seventh Parallel",)), Name("B-Side Bakery", ("B Side Bakery",))),
)
SYLLABLES = _bank("ka lo mi ra zen vo tek na shi bra lux or du pha ne xi gor ta el mun")

LABELS = (
    *("Nightgrid Records", "Slow Cabinet", "Tidewater Audio", "Ninth Floor", "Kiesel Musik", "Obrigado Discos"),
    *("Paper Moon Recordings", "Subterra", "Low Ceiling", "Bright Lake Music", "Etage Noir", "Cobalt Tapes"),
)
PROMOTERS = (
    *(
        "Deep Harbour",
        "MrBassline",
        "Sunday House Club",
        "TechnoVault",
        "Chill Orchard",
        "The Groove Archive",
        "EDM Peak",
    ),
    *("Trap Lagoon", "IndieAttic", "AnotherSoundBlog", "VibeDrawer", "WaxDigger"),
)
FANS = (
    *(
        "marekz87",
        "xX_nightfox_Xx",
        "Lena's Playlist",
        "oldtapes",
        "Vinyl Uncle",
        "songs i like",
        "Petra H.",
        "jjkl_99",
    ),
    *(
        "Music Attic",
        "sofia m",
        "Retro Hits Channel",
        "TheRealBenno",
        "user-8812",
        "archivist",
        "cloudy",
        "Juke Box 2000",
    ),
)
LYRICISTS = ("LyricCloud", "Lyrics Meadow", "WordsOnScreen", "7clyrics", "Lyric Sky", "lyrical bear")
KARAOKE_CHANNELS = ("KaraokeHouse", "Sing Studio", "Party Tyme Tracks", "Mikrofon Karaoke")
ALTERERS = (
    "8D Cosmos",
    "slowed.fm",
    "SpeedyTunes",
    "nightc0re lily",
    "BassBoost Nation",
    "reverb room",
    "midnight tapes",
)
REACTORS = ("Two Guys React", "Auntie Listens", "Vocal Coach Vera", "First Time Hearing", "RapReacts")
PLAYERS = (
    "PianoPeter",
    "DrumDeniz",
    "Strings & Co",
    "Uke Ulla",
    "Fingerstyle Finn",
    "Bass Tabs Berta",
    "ChipTune Chip",
)
SHOWS = ("Boiler Nights", "Rooftop Sessions", "Festival TV", "Club Cam", "Warehouse Live", "Harbour FM")
PLACES = (
    *("Tresor", "Red Rocks", "Paradiso Amsterdam", "the Roundhouse", "Sala Apolo", "KOKO London", "Montreux 2016"),
    *("Rock Werchter 2011", "Wembley", "Fabrik Hamburg", "Studio 9", "the Fillmore", "Tokyo 2019", "Primavera 2022"),
)
LANGUAGES = ("Spanish", "French", "German", "Japanese", "Italian", "Korean")
INSTRUMENTS = ("Piano", "Guitar", "Violin", "Drum", "Bass", "Cello", "Ukulele", "Sax")
GENRES = ("Deep House", "Techno", "Indie Pop", "Drum & Bass", "Trance", "Synthwave", "Soul", "Tech House", "Ambient")

# Native script first, romanisation behind it; `|` between pairs.


def _pairs(text: str) -> tuple[Name, ...]:
    return tuple(
        Name(native.strip(), (roman.strip(),)) for native, _, roman in (p.partition("=") for p in text.split("|"))
    )


FOREIGN_ARTISTS: dict[str, tuple[Name, ...]] = {
    "ja": _pairs(
        "森山ハル=Moriyama Haru|夜凪=Yonagi|カナデ=Kanade|青い電車=Aoi Densha|星野ミナト=Hoshino Minato"
        "|ツキノワ=Tsukinowa"
    ),
    "ko": _pairs("한소라=Han Sora|밤하늘=Bamhaneul|이도윤=Lee Doyun|푸른새벽길=Pureun Saebyeokgil|유나비=Yu Nabi"),
    "ru": _pairs(
        "Лада Мирова=Lada Mirova|Северный Ток=Severny Tok|Ночной Дозвон=Nochnoy Dozvon|Глеб Ярцев=Gleb Yartsev"
    ),
    "el": _pairs("Νίκος Βέργας=Nikos Vergas|Άννα Δροσίνη=Anna Drosini|Λευκή Πόλη=Lefki Poli"),
    "zh": _pairs("林晚舟=Lin Wanzhou|白夜乐队=Baiye Band|陈星禾=Chen Xinghe"),
    "he": _pairs("נועה ברק=Noa Barak|יונתן שדה=Yonatan Sade"),
    "ar": _pairs("ليلى منصور=Layla Mansour|كريم الحداد=Karim Al Haddad"),
}
FOREIGN_TITLES: dict[str, tuple[Name, ...]] = {
    "ja": _pairs(
        "銅線=Dousen|夜行列車=Yakou Ressha|さよならの駅=Sayonara no Eki|ひかり=Hikari|雨と傘=Ame to Kasa"
        "|ガラスの海=Garasu no Umi|ロケット=Roketto|花火のあと=Hanabi no Ato"
    ),
    "ko": _pairs(
        "새벽기차=Saebyeok Gicha|그대에게=Geudaeege|파도=Pado|여름비=Yeoreumbi|우리의 밤=Uriui Bam|거울=Geoul"
    ),
    "ru": _pairs(
        "Ночной поезд=Nochnoy poezd|Медь=Med|Белый шум=Bely shum|Дождь над городом=Dozhd nad gorodom"
        "|Маяк=Mayak|Тишина=Tishina"
    ),
    "el": _pairs("Θάλασσα=Thalassa|Νύχτα στην πόλη=Nychta stin poli|Το τρένο=To treno|Χωρίς εσένα=Horis esena"),
    "zh": _pairs("铜线=Tong Xian|夜雨=Ye Yu|远方的灯=Yuanfang de Deng|海边=Hai Bian"),
    "he": _pairs("רכבת לילה=Rakevet Layla|הים שלי=Hayam Sheli|אור=Or|בלי מילים=Bli Milim"),
    "ar": _pairs("قطار الليل=Qitar Al Layl|يا قمر=Ya Amar|بحر=Bahr|سلام يا روح=Salam Ya Rouh"),
}
FOREIGN_VERSIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "ja": (
        ("cover", "歌ってみた"),
        ("cover", "カバー"),
        ("karaoke", "カラオケ"),
        ("live", "ライブ"),
        ("instrumental", "インスト"),
    ),
    "ko": (("cover", "커버"), ("karaoke", "노래방"), ("live", "라이브"), ("instrumental", "반주")),
    "ru": (("cover", "кавер"), ("karaoke", "минусовка"), ("karaoke", "караоке"), ("slowed", "замедленная версия")),
    "el": (("live", "ζωντανά"), ("cover", "διασκευή")),
    "zh": (("cover", "翻唱"), ("karaoke", "伴奏"), ("live", "现场版")),
    "he": (("cover", "קאבר"), ("live", "בהופעה"), ("karaoke", "קריוקי")),
    "ar": (("cover", "كفر"), ("karaoke", "كاريوكي"), ("live", "حفلة")),
}
"""What a version is called where the singer is at home."""

COMPOSERS = (
    *("Aurelio Castelnuovi", "Johann Friedrich Ahlbeck", "Ottavia Merini", "Ludvig Halvorsen", "Étienne Gravelle"),
    *("Karl Anton Wiesner", "Nikolai Starov", "Thomas Ellery", "Clara Hohenfeld", "Miguel de Aranda"),
)
PERFORMERS = (
    *("Ilona Szabó", "Pieter van Houten", "Quartetto Lumen", "Baltic Chamber Orchestra", "Marguerite Aubert"),
    *("Daniel Oyelaran", "Sakura Tanabe", "Philharmonie Nordwind", "Ensemble Clair-Obscur", "Viktor Halász"),
)
FORMS = ("Piano Sonata", "String Quartet", "Cello Suite", "Symphony", "Violin Concerto", "Piano Trio", "Partita")
KEYS = ("C Major", "D Minor", "E-Flat Major", "F-Sharp Minor", "G Major", "A Minor", "B-Flat Major", "C Minor")
TEMPI = (
    *("Allegro", "Adagio", "Andante con moto", "Presto", "Largo", "Scherzo. Vivace", "Menuetto", "Allegretto"),
    *("Rondo. Allegro assai", "Prélude", "Sarabande", "Gigue"),
)
NUMERALS = ("I", "II", "III", "IV")


# --- what is made of them --------------------------------------------------------------------------------------------


def words_of(text: str) -> frozenset[str]:
    """The words that two names must not share to be tellable."""
    return frozenset("".join(c if c.isalnum() else " " for c in text.casefold()).split()) - _SMALL


_SMALL = frozenset(["the", "of", "to", "and", "a", "me", "in", "my", "i", "we", "you", "is", "it", "no", "dj", "on"])


def title(rng: Dice) -> Name:
    """One word to seven."""
    kind = rng.choices(("common", "single", "two", "three", "long", "plain", "odd"), (12, 12, 36, 18, 10, 7, 5))[0]
    adjective, noun, other, verb = (rng.choice(bank) for bank in (ADJECTIVES, NOUNS, NOUNS, VERBS))
    made = {
        "common": rng.choice(COMMON),
        "single": rng.choice((*SINGLE, *NOUNS)),
        "two": rng.choice(
            (f"{adjective} {noun}", f"{adjective} {noun}", f"{verb} {noun}", f"{noun} {rng.choice(SINGLE)}")
        ),
        "three": rng.choice((f"The {adjective} {noun}", f"{noun} of {rng.choice(SINGLE)}", f"{verb} the {noun}")),
        "long": rng.choice(
            (
                f"{verb} Me to the {adjective} {noun}",
                f"I Only {verb} the {noun} When It Rains",
                f"All My {adjective} Friends",
                f"{noun} in the {adjective} {rng.choice(SINGLE)}",
                f"Never {verb} Your {adjective} {other}",
            )
        ),
        "plain": rng.choice(PLAIN),
        "odd": rng.choice(ODD),
    }[kind]
    return Name(made)


def artist(rng: Dice) -> Name:
    """A person, a band, a DJ, a duo, or a word."""
    kind = rng.choices(("person", "band", "the", "dj", "word", "with", "styled"), (34, 14, 10, 8, 18, 6, 10))[0]
    adjective, noun, first = rng.choice(ADJECTIVES), rng.choice(NOUNS), rng.choice(FIRST)
    nouns = f"{noun}es" if noun.endswith(("s", "x", "o")) else f"{noun}s"
    word = "".join(rng.choice(SYLLABLES) for _ in range(rng.choice((2, 3)))).capitalize()
    return {
        "person": Name(f"{first} {rng.choice(SURNAMES)}"),
        "band": Name(f"{adjective} {nouns}"),
        "the": Name(f"The {adjective} {nouns}", (f"{adjective} {nouns}",)),
        "dj": Name(f"DJ {word}"),
        "word": Name(rng.choice((word, word, noun, rng.choice(SINGLE)))),
        "with": Name(f"{first} & The {nouns}", (f"{first} and the {nouns}",)),
        "styled": rng.choice(STYLISED),
    }[kind]


def apart(rng: Dice, make: str, taken: Sequence[Name]) -> Name:
    """Another artist or title that shares no word with those."""
    used = frozenset[str]().union(*(words_of(spelling) for name in taken for spelling in name.spellings))
    while True:
        name = artist(rng) if make == "artist" else title(rng)
        if not any(_close(word, old) for spelling in name.spellings for word in words_of(spelling) for old in used):
            return name


def _close(word: str, other: str) -> bool:
    """Equal, but for an ending: `Ember` and `Embers`."""
    shorter, longer = sorted((word, other), key=len)
    return longer.startswith(shorter) and len(longer) - len(shorter) <= 2
