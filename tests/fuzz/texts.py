"""Texts as strangers send them: any character, half characters, marks that do not show, numbers and addresses gone wrong."""

from hypothesis import strategies as st

HALVES = st.characters(categories=["Cs"])
HIDDEN = st.sampled_from(
    "\u200b\u200d\u200e\u200f\u202a\u202e\u2066\u2069\ufeff\u00ad\u0301\u20e3\ufe0f\x00\x07\x1b\x85\u2028"
)
LOOK_ALIKES = st.sampled_from("ＳＴＯＰsтоρ𝐒𝓽🅾ⓟſßıİŉﬁ™½①٣३７➀😀🛑👩‍👧")
SIGNS = st.sampled_from(" \t\n\r\u00a0\u3000+＋-–()./‐―·;:,@#*?%&<>\"'\\{}[]|~^$")
ANY_CHARACTER = st.characters(codec=None) | HALVES | HIDDEN | LOOK_ALIKES | SIGNS
ANY_TEXT = st.text(ANY_CHARACTER, max_size=80)
DECODED = st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
EITHER = ANY_TEXT | DECODED

DIGITS = st.text(st.sampled_from("0123456789") | SIGNS | st.sampled_from("٣३７①"), min_size=2, max_size=24)
LIKE_A_NUMBER = st.builds(
    "{}{}{}{}".format, st.sampled_from(["", "+", "00", "tel:", "tel:+", "＋", "telegram:", "0"]), DIGITS, st.text(HIDDEN, max_size=2),
    st.sampled_from(["", " ext. 12", ";ext=5", "x9", " poste 3", ";phone-context=+33", "?body=stop"]),
)  # fmt: skip
LABEL = st.text(st.sampled_from("abzéßİ①xn--09") | ANY_CHARACTER, min_size=1, max_size=20)
LIKE_AN_EMAIL = st.builds(
    "{}{}@{}.{}{}".format, st.sampled_from(["", "mailto:", "MAILTO:", "mailto:tel:"]), LABEL, LABEL, st.sampled_from(["fr", "com", "рф", "K", "xn--p1ai"]),
    st.sampled_from(["", "?subject=stop", ".", "@x.fr"]),
)  # fmt: skip
ADDRESSES = LIKE_A_NUMBER | LIKE_AN_EMAIL | EITHER
