"""The vocabulary of versions: every kind of recording that is not the original, with its spellings. Data only.

Spellings are folded (`daemon.identity.folding`): lower case, Latin letters, no marks; so `カラオケ` and `Караоке` both
read `karaoke`. A line holds phrases between bars; the longest phrase that fits wins.
"""

from __future__ import annotations

import re

from daemon.identity.folding import word_set

HARMLESS = ""
"""The kind of words that do not make it another recording."""

_SPELLINGS: dict[str, str] = {
    HARMLESS: """
        remaster|remastered|remasterizado|remasterisado|remasterise|remastering|digital remaster|
        digitally remastered|original mix|original version|version originale|versione originale|version original|
        original remastered|album version|album mix|lp version|single version|single mix|main mix|main version|
        studio version|studio recording|official version|lyric video|lyrics video|lyric version|deluxe|
        deluxe edition|deluxe version|bonus track|anniversary edition|special edition|expanded edition|explicit|
        explicit version|dirty|dirty version|stereo|stereo version|video version|visualizer|visualiser|cover art|
        album cover|cover image|original song|original audio|original soundtrack|original motion picture soundtrack|
        radio rip|live stream now|english subtitles|english sub|english lyrics|eng sub|spanish subtitles|
        sub espanol|subtitulado|letra en espanol|with english lyrics|lyrics english|english translation|hd version|
        hq version|uncensored|single edition|out now|free download|free dl|free flp|track of the week|
        track of the day|song of the day|new song|new single|best quality|high quality|fan video|official theme|
        first play|world premiere|radio premiere|orignal mix|orginal mix|origional mix|orig mix|original ver|
        full ver|full audio|music video|video clip|deep house|tech house|drum and bass|hip hop|uncut|4k remaster|
        hd remaster|full length|full version|full song""",
    "effect": """
        reversed|reverse|backwards|played backwards|hz|432hz|432 hz|528hz|528 hz|440hz|another room|in another room|
        from another room|playing in another room|in the rain|rain sounds|with rain|in an empty|empty arena|
        underwater|muffled|through a wall|in a bathroom|at a party|distorted|earrape|ear rape|low pitch|high pitch|
        deep voice|vocoder|autotuned|hardstyle|phonk|deconstructed|low pass|in a car|echo version|ambience|
        vinyl effect""",
    "remix": """
        remix|rmx|remixed|remixes|remix by|remixed by|rework|reworked|re work|rework by|refix|flip|re mix|remezcla|
        remiks|rimikkusu|reimagined|reimagining|reinterpretation|remake|rerub|re rub|rekindled|reconstruction|
        club remix|remixe|fan remix|rimikseu|רמיקס|ريمكس|ريميكس""",
    "edit": "edit|re edit|reedit|edit by|edited by|redit|edito|personal edit",
    "extended": """
        extended|extended mix|extended version|extended edit|extended cut|extendida|version extendida|club mix|
        club version|club edit|club extended mix|extended club mix|12 inch|12 inch mix|12 inch version|
        12 inch extended|12 mix|12 version|maxi version|maxi single|long version|long mix|version longue|
        lange version|versione estesa|rasshirennaya versiya|dj extended|dj friendly|dj edit""",
    "radio": """
        radio|radio edit|radio mix|radio version|radio cut|radio single|7 inch|7 inch mix|7 inch version|
        7 inch edit|single edit|short edit|short version|short mix|short ver|tv size|tv version|tv edit|video edit|
        airplay mix|airplay edit|radioversion|radijo versija|versione radio|version radio""",
    "live": """
        live|live at|live from|live in|live on|live version|live session|live sessions|live performance|live video|
        unplugged|mtv unplugged|en vivo|en directo|ao vivo|dal vivo|en concert|en concierto|in concert|concert|
        concierto|kontsert|koncert|konzert|konzertmitschnitt|na zhivo|zhivoi|vzhivuyu|raibu|session|sessions|
        tiny desk|live lounge|kexp|kcrw|audiotree|colors show|a colors show|lollapalooza|glastonbury|coachella|tour|
        fancam|soundcheck|rehearsal|concert film|in studio performance|studio performance|studio session|festival|
        nazivo|live recording|ensaio|showcase|onstage|on stage|jimmy kimmel|later with jools holland|snl|npr|
        spotify singles|raibu eizou|raibeu|jikkaem|הופעה|בהופעה|לייב|בהופעה חיה|لايف|مباشر|حفلة|حفله|zontana|
        synaylia|sinavlia|budokan|jools holland|tonight show|late show|jimmy fallon""",
    "acoustic": """
        acoustic|acoustic version|acoustic mix|acustico|acustica|versione acustica|version acustica|acoustique|
        version acoustique|akustik|akustisch|akusticheskaya|akusticheskaya versiya|akustika|akoustik|piano version|
        piano acoustic|piano mix|stripped|stripped back|stripped down|stripped version|guitar version|
        campfire version|bedroom version|akoustiko|akoustiki|eokuseutik|אקוסטי|אקוסטית|اكوستيك|akustik version|
        akoustika|akusutikku|acoustic session|piano vocal""",
    "instrumental": """
        instrumental|mr|instrumentals|instrumental version|instrumental mix|instrumentale|instrumentalno|
        instrumentalnaya|instrumentalnaya versiya|instrumentaru|off vocal|offvocal|no vocals|without vocals|insuto|
        insutorumentaru|inst|beat only|inseuteu|inseutureumental|orhistriko|אינסטרומנטלי|موسيقى فقط|موسيقي فقط|
        official instrumental|strumentale|instru""",
    "karaoke": """
        karaoke|karaoke version|sing along|singalong|backing track|backing tracks|playback|minus one|minusovka|
        minus|play along|originally performed by|originally by|made famous by|as made famous by|made popular by|
        karaoke instrumental|in the style of|style of|pista|vocal guide|noraebang|banju|kalaoke|karaokee|קריוקי|
        كاريوكي|karaoki""",
    "acapella": """
        acapella|acappella|a cappella|a capella|vocals only|vocal only|isolated vocals|isolated vocal|
        studio acapella|akapella|akapela|acapela|only vocals""",
    "cover": """
        cover|covers|cover by|covered by|cover version|covered|coverversion|tribute|tribute to|a tribute to|kaver|
        kover|kaba|piano cover|guitar cover|drum cover|bass cover|violin cover|cello cover|metal cover|rock cover|
        utattemita|fingerstyle|music box|lullaby|lullaby version|lullaby rendition|lullaby renditions|8 bit|8bit|
        16 bit|chiptune|ringtone|rendition|sings|string quartet|saxophone|sax cover|marimba|ukulele|panpipes|
        as performed by|performed by fans|choir version|uta|one man band|vocal cover|cover song|orgel|kalimba|
        bardcore|coverband|cover band|versao cover|reprise par|keobeo|קאבר|קאוור|كوفر|diaskevi|歌 ttemita|弾 itemita|
        弾itemita|弹 itemita|kabeo|diaskeyi|tolkuvannya|covering""",
    "ai": "ai cover|ai version|ai generated|ai voice|ai mix",
    "sped up": """
        sped up|sped up version|speed up|speed up version|speeded up|spedup|speedup|sped|fast version|faster|
        faster version|super sped up|tiktok version|acelerado|acelerada|accelere|uskorennaya|accelerated|pitched up|
        pitched|chipmunk|chipmunk version|مسرع|مسرعة|مسرعه""",
    "slowed": """
        slowed|slowed down|slowed reverb|slowed and reverb|slowed to perfection|reverb|reverbed|slow version|
        super slowed|ultra slowed|chopped and screwed|chopped|screwed|daycore|zamedlennaya|slowed version|
        perfectly slowed|ralentizado|بطيء|بطيئة|slowed n reverb|slow reverb""",
    "nightcore": "nightcore|night core|naitokoa|nightstep|naitokoru",
    "8d": "8d|8d audio|8d tunes|8d music|9d|16d|3d audio|binaural|8 d audio|360 audio|spatial audio",
    "loop": """
        loop|looped|hour loop|on repeat|one hour|1 hour version|hour version|extended loop|on loop|for hours|
        infinite""",
    "mix": """
        dj mix|megamix|mega mix|continuous mix|continuous dj mix|mixtape|dj set|liveset|live set|live mix|mixed by|
        mixed|nonstop|non stop|essential mix|boiler room|podcast|playlist|best of|greatest hits|compilation|b2b|
        minimix|mini mix|dj live|radio show|radioshow|year mix|yearmix|set|live dj|mixset|top tracks|
        mix compilation|guest mix|in the mix|full set|all songs|greatest songs|best songs|hits""",
    "bootleg": "bootleg|boot leg|bootleg remix|bootleg mix|bootleg by|butleg",
    "vip": "vip|vip mix|vip edit|vip remix|vip version",
    "dub": "dub|dub mix|dub version|dubplate|dubbed|dub edit",
    "mashup": "mashup|mash up|mashups|blend|crossover|meshap|mashed",
    "medley": "medley|potpourri|medly|mega medley|potpuri",
    "demo": """
        demo|demo version|home demo|early demo|original demo|early version|rough mix|work tape|worktape|demo take|
        outtake|alternate take|alternative take|alternate version|alternative version|alternate mix|alternative mix|
        early take|take 1|take 2|take 3|first take|the first take|demos|voice memo|work in progress|wip|unfinished""",
    "reprise": "reprise|ripriza|ripresa",
    "intro": "intro|intro edit|intro version|intro mix|intro clean|dj intro|intro outro|quick hit|quick hitter",
    "outro": "outro|outro edit|outro version",
    "interlude": "interlude",
    "clean": "clean|clean version|clean edit|censored|radio clean|clean radio edit|super clean|family friendly",
    "bass boosted": "bass boosted|bassboosted|bass boost|extreme bass|bass boosted version|bass test",
    "reaction": """
        reaction|reacts|reacts to|reacting|reacting to|first listen|first time hearing|first reaction|review|
        analysis|analyzed|explained|interview|behind the scenes|behind the song|making of|the making of|documentary|
        song meaning|verified|deep dive|ranking|ranked|sample breakdown|history of""",
    "tutorial": """
        tutorial|lesson|lessons|guitar lesson|piano lesson|how to play|how to sing|how to make|chords|guitar tab|
        tabs|tab|playthrough|play through|piano tutorial|drum lesson|sheet music|synthesia|easy piano|course|
        walkthrough|breakdown|remake tutorial|from scratch|fl studio|ableton|ableton live""",
    "preview": """
        teaser|preview|snippet|trailer|sneak peek|coming soon|out soon|sample|excerpt|clip short|short clip|
        30 seconds|album preview|album sampler|sampler|minimix preview|shorts|short|tizer|otryvok|extrait|hook only|
        chorus only|unreleased preview""",
    "full album": """
        full album|full ep|full lp|album completo|complete album|entire album|album stream|full mixtape|discography|
        disco completo|album complet|polnyi albom|full record|whole album|full length album|album full|full ost|
        complete soundtrack|full soundtrack|all tracks""",
    "stems": """
        stems|stem|multitrack|multi track|drumless|no drums|drums only|drum track|isolated drums|isolated bass|
        isolated guitar|bass only|guitar only|no bass|no guitar|without drums|without bass|without guitar|drum cam|
        isolated""",
    "lofi": "lofi|lo fi|lofi version|lo fi version|lofi remix|chillhop|lofi flip",
    "orchestral": """
        orchestral|orchestral version|orchestra version|symphonic|symphonic version|string version|strings version""",
    "re-recorded": "re recorded|rerecorded|re recording|rerecording|re record|new recording|re recorded version",
    "type beat": "type beat|typebeat|style beat|free beat",
    "parody": "parody|misheard|spoof|parodia|parodiya|meme|but every|but its|but it is",
    "mono": "mono|mono version|mono mix",
}

_IN_HAN = {
    "cover": "翻唱 弹唱 演奏 钢琴 吉他 弾",
    "instrumental": "伴奏 纯音乐",
    "live": "现场 演唱会 音乐会 生歌",
    "medley": "串烧",
    "preview": "片段 试听",
    "sped up": "加速 倍速",
    "slowed": "减速 慢速 降速",
    "remix": "混音",
    "tutorial": "教学",
    "loop": "循环 小时 时间 作业用 耐久",
    "acapella": "清唱",
    "full album": "合集 全专辑",
    "effect": "倒放",
    "reaction": "反应",
}
IN_HAN = {part: kind for kind, parts in _IN_HAN.items() for part in parts.split()}
"""Han words are not parted by blanks: these are looked for inside."""
HAN_VERSION = "版"
HAN_SAYS_NOTHING = word_set(
    """
    官方 歌词 动态 高清 首播 字幕 完整 公式 主题 无损 音质 最新 单曲 新歌 正式 原版 专辑 插曲 片尾 片头
    录音 音乐录 音频 视频
    """
)

KINDS = frozenset(kind for kind in _SPELLINGS if kind)
"""Every kind by its name. Beside them there are `part 2` and the like, and `spanish version` and the like."""

PHRASES: dict[str, list[tuple[tuple[str, ...], str]]] = {}
"""By first word: every phrase and its kind, the longest first."""
for _kind, _lines in _SPELLINGS.items():
    for _phrase in _lines.replace("\n", " ").split("|"):
        _words = tuple(_phrase.split())
        PHRASES.setdefault(_words[0], []).append((_words, _kind))
for _known in PHRASES.values():
    _known.sort(key=lambda one: -len(one[0]))

ALONE = frozenset(first for first, known in PHRASES.items() if ((first,) in {phrase for phrase, _kind in known}))
"""The words that are a phrase by themselves."""

PLAIN_WORDS = word_set(
    """
    mr live edit cover covers covered loop dub mix demo intro outro interlude acoustic radio clean lesson lessons
    reaction preview session sessions concert extended stripped reprise flip rework minus playback tribute review
    medley vip tour festival set hits sample clip short shorts tab tabs chords course blend crossover mixed sped
    faster reverb chopped screwed pitched 8d session verified uta orgel lullaby rendition sings inst explained
    isolated stem mono remake meme dirty explicit stereo deluxe infinite set ranking ranked breakdown trailer
    teaser playlist minus reconstruction documentary interview analysis sampler excerpt symphonic orchestral
    unfinished wip saxophone ukulele ringtone choir boot rehearsal showcase onstage compilation radioshow uncut
    uncensored npr snl instru pista spoof kexp budokan
    """
)
"""Words that people also write songs about: they make a version only in the place of one."""

LANGUAGES = word_set(
    """
    english spanish espanol french francais german deutsch italian italiano portuguese portugues japanese korean
    chinese mandarin cantonese russian swedish dutch polish turkish arabic hindi hebrew greek finnish norwegian
    danish ingles spanglish latin
    """
)

_NUMBERS = "one two three four five six seven eight nine ten"
_ROMAN = "i ii iii iv v vi vii viii ix x xi xii"
NUMBER_WORDS = {word: str(at) for at, word in enumerate(_NUMBERS.split(), 1)}
ROMAN_NUMBERS = {word: str(at) for at, word in enumerate(_ROMAN.split(), 1)}
PART_WORDS = word_set(
    """
    part pt parts pts teil parte partie chast chapter vol volume act episode ep
    """
)
HOURS = re.compile(r"\d+\s?(?:h|hr|hrs|hour|hours|stunden|horas|heures|chasov)")
YEAR = re.compile(r"(?:19[2-9]|20[0-4])\d")
