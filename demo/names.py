"""Vietnamese full names: with the spellings that programs trip over, without those of office holders."""

import hashlib
import random
import unicodedata
from pathlib import Path

# Percent of the population, roughly.
FAMILIES = {
    "Nguyễn": 38, "Trần": 11, "Lê": 10, "Phạm": 7, "Hoàng": 4, "Huỳnh": 1, "Phan": 5, "Vũ": 3, "Võ": 1,
    "Đặng": 2, "Bùi": 2, "Đỗ": 2, "Hồ": 1, "Ngô": 1, "Dương": 1, "Lý": 1, "Đinh": 1, "Đào": 1, "Trịnh": 1,
    "Lương": 1, "Mai": 1, "Tô": 1, "Hà": 1, "Cao": 1, "Đoàn": 1, "Tạ": 1, "Chu": 1,
}  # fmt: skip
MEN_MIDDLES = (
    "Văn", "Văn", "Văn", "Đức", "Minh", "Minh", "Thanh", "Hữu", "Quang", "Quang", "Xuân", "Ngọc", "Anh",
    "Công", "Đình", "Duy", "Gia", "Hoàng", "Mạnh", "Quốc", "Tiến", "Trung", "Việt",
)  # fmt: skip
WOMEN_MIDDLES = (
    "Thị", "Thị", "Thị", "Thu", "Thu", "Thanh", "Ngọc", "Ngọc", "Minh", "Xuân", "Bích", "Diệu", "Hải", "Hồng",
    "Kim", "Lan", "Mỹ", "Phương", "Quỳnh", "Thùy", "Tú", "Vân",
)  # fmt: skip
MEN_GIVEN = (
    "Anh", "Bình", "Cường", "Dũng", "Đạt", "Đức", "Giang", "Hà", "Hải", "Hiếu", "Hòa", "Hưng", "Huy", "Khánh",
    "Khoa", "Kiên", "Lâm", "Linh", "Long", "Minh", "Nam", "Nghĩa", "Phong", "Phúc", "Quân", "Quang", "Sơn",
    "Thắng", "Thành", "Thịnh", "Trung", "Tú", "Tuấn", "Tùng", "Việt", "Vinh", "Ước", "Ơn",
)  # fmt: skip
WOMEN_GIVEN = (
    "Anh", "Bình", "Chi", "Dung", "Giang", "Hà", "Hạnh", "Hằng", "Hiền", "Hoa", "Hòa", "Huệ", "Hương",
    "Khánh", "Lan", "Linh", "Loan", "Mai", "Minh", "My", "Nga", "Ngân", "Nhung", "Oanh", "Phương", "Quyên",
    "Tâm", "Thảo",
    "Thủy", "Thư", "Trang", "Trâm", "Tuyết", "Uyên", "Vân", "Yến", "Đào", "Ánh",
)  # fmt: skip
# The tone mark on the other vowel: the same word, another string (both spellings are official).
OTHER_SPELLING = {"Hòa": "Hoà", "Thủy": "Thuỷ", "Khỏe": "Khoẻ", "Thùy": "Thuỳ"}

# Spellings that test search, sorting and layout: equal without accents, no middle name, five words and more,
# names of the mountain peoples with apostrophe and hyphen, Đ beside D, Ơ and Ư.
TRAPS = (
    ("Trần Thị Hoa", "f"), ("Trần Thị Hòa", "f"), ("Trần Thị Hoà", "f"), ("Lê Văn Dũng", "m"),
    ("Lê Văn Dụng", "m"), ("Đặng Thuỷ Hoà", "f"), ("Đặng Thủy Hòa", "f"), ("Nguyễn Văn Đức", "m"),
    ("Nguyễn Văn Đực", "m"), ("Lê An", "m"), ("Phạm Ơn", "m"), ("Vũ Ước", "m"), ("Đỗ Đạt", "m"),
    ("Dương Đan", "f"), ("Lý Ân", "m"), ("Đoàn Ẩn", "m"), ("Công Tằng Tôn Nữ Hoàng Diệu Khuê", "f"),
    ("Nguyễn Phúc Bảo Minh Châu", "f"), ("Trần Lê Nguyễn Gia Khiêm", "m"), ("Tôn Thất Quang Vĩnh Thuỵ", "m"),
    ("H'Liên Niê Brít", "f"), ("Y-Đhăm Kbuôr", "m"), ("K'Brọh Sơ Nai", "m"), ("Vừ A Sếnh", "m"),
    ("Giàng Thị Dúa Xia", "f"), ("Lò Văn Ín", "m"), ("Thạch Sa Rươn", "m"), ("Bế Nông Thị Ưng", "f"),
    ("Ksor H'Blâm", "f"), ("Quách Bùi Thị Ỷ", "f"),
)  # fmt: skip


def fold(text: str) -> str:
    """The text in lower-case ASCII letters, without accents: ``Đặng Thuỷ`` is ``dang thuy``."""
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def digest(name: str) -> str:
    return hashlib.sha256(fold(name).encode()).hexdigest()[:16]


# Digests of the folded names of present and former ministers and state leaders: known, not written down.
OFFICE_HOLDERS = frozenset((Path(__file__).parent / "office_holders.sha256").read_text().split())


def is_office_holder(name: str) -> bool:
    return digest(name) in OFFICE_HOLDERS


def draw_name(chance: random.Random, sex: str) -> str:
    """A full name for a man (``m``) or a woman (``f``), in NFC."""
    while True:
        family = chance.choices(list(FAMILIES), list(FAMILIES.values()))[0]
        middle = chance.choice(MEN_MIDDLES if sex == "m" else WOMEN_MIDDLES)
        given = chance.choice(MEN_GIVEN if sex == "m" else WOMEN_GIVEN)
        words = [family, middle, given]
        if sex == "f" and middle == "Thị" and chance.random() < 0.4:
            words.insert(2, chance.choice(WOMEN_MIDDLES[3:]))
        if chance.random() < 0.3:
            words = [OTHER_SPELLING.get(word, word) for word in words]
        name = " ".join(words)
        if len(set(words)) == len(words) and not is_office_holder(name):
            return name
