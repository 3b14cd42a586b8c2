"""Other alphabets in Latin letters, so that `Группа крови` and `Gruppa krovi` can be seen to be the same. Pure.

Letter by letter, by tables and one rule for Korean: good enough as evidence, not for print. Han characters have no
single reading; of their two ways of writing the simplified one is taken.
"""

from __future__ import annotations

import re


def _pairs(letters: str, sounds: str) -> dict[str, str]:
    return dict(zip(letters, sounds.split(), strict=True))


_CYRILLIC = (
    _pairs("абвгдезийклмнопрстуфыэ", "a b v g d e z i y k l m n o p r s t u f y e")
    | _pairs("іїєґўђјљњћџѐѝ", "i i e g u d j l n c d e i")
    | _pairs("ёжхцчшщюя", "e zh kh ts ch sh shch yu ya")
    | {"ъ": "", "ь": ""}
)
_GREEK = (
    _pairs("αβγδεζηικλμνξοπρσςτυφω", "a v g d e z i i k l m n x o p r s s t y f o")
    | _pairs("θχψ", "th h ps")
    | _pairs("άέήίόύώϊϋ", "a e i i o y o i y")
)
_GREEK_PAIR = re.compile("([αε])[υύ](?=([θκξπσςτφχψ])?)")
_ADJECTIVE_END = re.compile(r"[ыи]й\b")
_DIGITS = {chr(first + at): str(at) for first in (0x660, 0x6F0) for at in range(10)}
"""Arabic and Persian figures."""
_LATIN = _pairs("ßøæœłđðþıħə", "ss o ae oe l d d th i h e")

_KANA_ROWS = {
    "": "あいうえお",
    "k": "かきくけこ",
    "g": "がぎぐげご",
    "s": "さしすせそ",
    "z": "ざじずぜぞ",
    "t": "たちつてと",
    "d": "だぢづでど",
    "n": "なにぬねの",
    "h": "はひふへほ",
    "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
    "m": "まみむめも",
    "r": "らりるれろ",
}
_KANA = (
    {kana: consonant + vowel for consonant, row in _KANA_ROWS.items() for kana, vowel in zip(row, "aiueo", strict=True)}
    | _pairs("やゆよわをんゔ", "ya yu yo wa o n vu")
    | _pairs("しちつふじぢづ", "shi chi tsu fu ji ji zu")
    | {"ー": ""}
)
_SMALL = _pairs("ゃゅょぁぃぅぇぉ", "ya yu yo a i u e o")

_LEADS, _VOWELS, _TAILS = (
    row.split(" ")
    for row in (
        "g kk n d tt r m b pp s ss  j jj ch k t p h",
        "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i",
        " k k k n n n t l k m l l l p l m p p t t ng t t k t p t",
    )
)
"""The letters that a Korean syllable begins with, turns on and ends with; none, too."""

_HANGUL_FIRST = 0xAC00
_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F5)}
_LETTERS = str.maketrans(_CYRILLIC | _GREEK | _LATIN | _DIGITS)
_KANA_RUN = re.compile("[\u3041-\u3094\u30fc]+")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_OTHER_ALPHABET = re.compile(
    "[\u00df-\u058f\u0660-\u0669\u06f0-\u06f9\u1100-\u11ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)


_TRADITIONAL = (
    "愛來們個這說時會對過發開關門長東車見語話讀書學寫聽聲樂歡笑淚風雲電雷飛馬鳥魚龍鳳麗國園圓園場報夢遠進還邊連運"
    "遊選遲達適歲歸當盡緊紅綠藍紙線終給絕經結緣緩總續織紅級約純細組練終華萬葉蕭蘇藝藥處號衛裝裡補製視覺親觀計記設"
    "許訴詞試詩誰請論諾謝證識警護讓貝負財貨責貴買費資賓賣質贈輕輪轉農鄉釋錄錢鐘鐵鋼銀銅鏡錯閃閉間閒陽陰陳陸險隨難"
    "雖離靈靜項順須領頭題願類顧顯餘餓館驚驗體髮鬥鬧魔鮮鹽點黨齊齒齡嗎嗚嘆噴團圍圖執塊墜壓壞壯夠夾奪奮婦媽學寧寶實"
    "審層島嶺幣幫幹幾庫廟廣廳張強彈後從復徹恆惱憂懷懶應戀戲戶捨掃揚換擁擇擊據擠擬擴擺攝攜斷於暫曬曉術機殺雜權條極"
    "樣樓橋機檔檢歐殘毀氣漢湯溝滅滿漸潔潤灣灑為無煙熱燈燒爭爺牆狀獨獎獲現環產畢畫異療癡盜監盤眾著睜礙禮禍種稱穩窮"
    "竊競筆節範築簡簽籠糧網羅羨聖聞聯職肅脫腦臉舊與舉艦蟲蠟衝襲認誤誘調談諒諷謊貓賽趕趙跡踐躍軌軟載較輝輸辭邁鄰醫"
    "針鈴銷鋒錦鍵鏈鎖鑽闖隊階際隱雙難霧韓響頂頓預頻顆顏飄飯飲飾饒駕騎騙騰驕鬆鯨鳴鴿鵝麥黃齋嘉樂賢軒宇號聲龜傷傳傾"
    "債僅價儀億優兒內兩冊凍劃剛剝創劇劍動務勝勞勢勵勸區協卻參吳"
)
_SIMPLIFIED = (
    "爱来们个这说时会对过发开关门长东车见语话读书学写听声乐欢笑泪风云电雷飞马鸟鱼龙凤丽国园圆园场报梦远进还边连运"
    "游选迟达适岁归当尽紧红绿蓝纸线终给绝经结缘缓总续织红级约纯细组练终华万叶萧苏艺药处号卫装里补制视觉亲观计记设"
    "许诉词试诗谁请论诺谢证识警护让贝负财货责贵买费资宾卖质赠轻轮转农乡释录钱钟铁钢银铜镜错闪闭间闲阳阴陈陆险随难"
    "虽离灵静项顺须领头题愿类顾显余饿馆惊验体发斗闹魔鲜盐点党齐齿龄吗呜叹喷团围图执块坠压坏壮够夹夺奋妇妈学宁宝实"
    "审层岛岭币帮干几库庙广厅张强弹后从复彻恒恼忧怀懒应恋戏户舍扫扬换拥择击据挤拟扩摆摄携断于暂晒晓术机杀杂权条极"
    "样楼桥机档检欧残毁气汉汤沟灭满渐洁润湾洒为无烟热灯烧争爷墙状独奖获现环产毕画异疗痴盗监盘众着睁碍礼祸种称稳穷"
    "窃竞笔节范筑简签笼粮网罗羡圣闻联职肃脱脑脸旧与举舰虫蜡冲袭认误诱调谈谅讽谎猫赛赶赵迹践跃轨软载较辉输辞迈邻医"
    "针铃销锋锦键链锁钻闯队阶际隐双难雾韩响顶顿预频颗颜飘饭饮饰饶驾骑骗腾骄松鲸鸣鸽鹅麦黄斋嘉乐贤轩宇号声龟伤传倾"
    "债仅价仪亿优儿内两册冻划刚剥创剧剑动务胜劳势励劝区协却参吴"
)
"""The commonest characters that are written in two ways."""
_HAN = str.maketrans(dict(zip(_TRADITIONAL, _SIMPLIFIED, strict=True)))


def in_latin(text: str) -> str:
    """The text with Cyrillic, Greek, kana and Korean letters written in Latin ones. Expects lower case."""
    if not _OTHER_ALPHABET.search(text):
        return text
    text = text.replace("ου", "ou").replace("ού", "ou")
    text = _ADJECTIVE_END.sub("y", _GREEK_PAIR.sub(lambda pair: pair[1] + ("f" if pair[2] else "v"), text))
    text = _KANA_RUN.sub(_romaji, text.translate(_KATAKANA))
    return _HANGUL.sub(_syllable, text).translate(_LETTERS).translate(_HAN)


def _romaji(run: re.Match[str]) -> str:
    said = ""
    doubled = False
    for kana in run.group():
        if kana == "っ":
            doubled = True
            continue
        if kana in _SMALL:
            said = _palatal(said, _SMALL[kana])
            continue
        sound = _KANA.get(kana, kana)
        said += (sound[:1] if doubled else "") + sound
        doubled = False
    return said


def _palatal(said: str, small: str) -> str:
    """`ki` and a small `ya` are `kya`; `shi` and a small `ya` are `sha`; `fu` and a small `a` are `fa`."""
    if not said or said[-1] not in "aiueo":
        return said + small
    stem = said[:-1]
    return stem + (small[1:] if small[0] == "y" and stem.endswith(("sh", "ch", "j")) else small)


def _syllable(hangul: re.Match[str]) -> str:
    place = ord(hangul.group()) - _HANGUL_FIRST
    return _LEADS[place // 588] + _VOWELS[place % 588 // 28] + _TAILS[place % 28]
