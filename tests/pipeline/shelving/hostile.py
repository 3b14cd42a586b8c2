"""Names that services hand out, and worse."""

from hypothesis import strategies as st

FAMILY = "👨‍👩‍👧"

PIECES = (
    *("..", ".", "/", "\\", " ", "?", "}", "{title}", "CON", "nul", "COM1", "lpt¹"),
    *("\ud800", "\udfff", "\x00", "\n", "\u202e", "\ufeff", "\ufffe", "\ue000", "\u037e"),
    *("e\u0301", "\u0301", FAMILY, "🇩🇪", "ß", "ﬁ", "İ", "a" * 90, "日" * 90),
)

hostile = st.one_of(
    st.text(max_size=400),
    st.text(st.characters(min_codepoint=0, max_codepoint=0x2FF), max_size=300),
    st.lists(
        st.sampled_from(PIECES),
        max_size=12,
    ).map("".join),
)
