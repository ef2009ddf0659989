"""Vietnamese text: the examples of the domain's rules."""

import random
import unicodedata

import pytest

from sso.api import canon_tone, collation_key, fold, name_key, nfc

TONES = [
    ("hoà", "hòa"), ("thuỷ", "thủy"), ("hoá", "hóa"), ("uỷ quyền", "ủy quyền"), ("khoẻ", "khỏe"),
    ("THUỶ", "THỦY"), ("CỘNG HOÀ", "CỘNG HÒA"), ("loà xoà", "lòa xòa"), ("quý", "quý"), ("quỹ", "quỹ"),
    ("hoàn", "hoàn"), ("hoặc", "hoặc"), ("khuỷu", "khuỷu"), ("tuyết", "tuyết"), ("thoại", "thoại"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "canonical"), TONES)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_canon_tone_puts_marks_in_the_old_place(written, canonical, form):
    assert canon_tone(unicodedata.normalize(form, written)) == canonical


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Công văn đến", "cong van den"),
        ("  ĐẶNG\tThuỷ  Hoà ", "dang thuy hoa"),
        ("12/QĐ-BTTTT", "12/qd-btttt"),
        ("Ðà Nẵng (ð cũ)", "da nang (d cu)"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Thu Hà"), "nguyen thi thu ha"),
    ],
)
def test_fold_takes_accents_and_spaces_away(text, key):
    assert fold(text) == key


def test_nfc_joins_marks_in_any_order():
    assert {nfc("e\u0323\u0302"), nfc("e\u0302\u0323")} == {"ệ"}


@pytest.mark.parametrize(
    "words",
    [
        "ba bà bả bã bá bạ",
        "Anh Ánh Ăn Ân Ất",
        "da dạ Dũng đa Đông",
        "Oanh Ổi Ơn",
        "Uyên Ưng",
        "a ă â b c d đ e ê g h i k l m n o ô ơ p q r s t u ư v x y",
    ],
)
def test_collation_key_sorts_like_the_alphabet(words):
    shuffled = words.split()
    random.Random(7).shuffle(shuffled)

    assert sorted(shuffled, key=collation_key) == words.split()


def test_name_key_sorts_by_given_name_then_family_name():
    names = ["Trần Văn An", "Nguyễn Thị Thu Hà", "Bùi Thị Hà", "Lê Đông", "Phạm Thị Dung", "Đỗ Văn An"]

    assert sorted(names, key=name_key) == [
        "Đỗ Văn An",
        "Trần Văn An",
        "Phạm Thị Dung",
        "Lê Đông",
        "Bùi Thị Hà",
        "Nguyễn Thị Thu Hà",
    ]
