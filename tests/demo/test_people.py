import os
import subprocess
import sys
import unicodedata
from collections import Counter

from demo.data.titles import english_of
from demo.directory import ldif
from demo.names import TRAPS, digest, fold, is_office_holder
from demo.people import DOMAIN, NAMED, people
from demo.units import by_code, units


def test_there_are_1700_people_in_43_units_below_the_ministry():
    kinds = Counter("sub-unit" if unit.kind == "phong" else "unit" for unit in units() if unit.parent)

    assert len(people()) == 1700
    assert kinds["unit"] == 43
    assert kinds["sub-unit"] > 100
    assert {person.posts[0].unit.partition(".")[0] for person in people()} == {
        unit.code for unit in units() if unit.kind != "phong"
    }


def test_people_are_the_same_in_every_process():
    script = "from demo.people import people; print(repr(people()))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert outputs == {repr(people()).encode() + b"\n"}


def test_accounts_and_numbers_are_unique():
    assert len({person.uid for person in people()}) == 1700
    assert len({person.number for person in people()}) == 1700
    assert all(person.uid.isascii() and person.uid == person.uid.lower() for person in people())
    assert all(person.mail == f"{person.uid}@{DOMAIN}" for person in people())


def test_the_five_sign_ins_hold_their_posts():
    posts = {
        person.uid: (person.posts[0].unit, person.posts[0].title)
        for person in people()
        if person.uid in NAMED
    }

    assert posts == {
        "lanhdao": ("BTTTT", "Thứ trưởng"),
        "vanthu": ("VP.VT", "Văn thư"),
        "nhanvien": ("KHTC.KH", "Chuyên viên"),
        "quantri.donvi": ("KHTC.TH", "Chuyên viên"),
        "quantri": ("TTTT.HT", "Trưởng phòng"),
    }


def test_the_ministry_is_led_by_a_minister_and_four_deputies():
    leaders = [person.posts[0].title for person in people() if person.posts[0].unit == "BTTTT"]

    assert leaders == ["Bộ trưởng"] + ["Thứ trưởng"] * 4


def test_every_unit_and_subunit_has_one_head():
    heads = Counter(person.posts[0].unit for person in people() if person.posts[0].place == "head")

    assert heads == Counter(unit.code for unit in units())


def test_every_chain_of_superiors_ends_at_the_minister():
    by_uid = {person.uid: person for person in people()}

    for person in people():
        steps = 0
        while person.manager:
            person, steps = by_uid[person.manager], steps + 1
            assert steps < 6
        assert person.posts[0].title == "Bộ trưởng"


def test_nobody_is_called_like_an_office_holder():
    assert [person.name for person in people() if is_office_holder(person.name)] == []


def test_a_name_on_the_list_is_found_in_any_spelling(monkeypatch):
    monkeypatch.setattr("demo.names.OFFICE_HOLDERS", {digest("Đặng Thuỷ Hoà")})

    assert is_office_holder("Đặng Thủy Hòa")
    assert not is_office_holder("Đặng Thủy Hoa Mai")


def test_names_hold_the_spellings_that_programs_trip_over():
    names = [person.name for person in people()]
    folded = Counter(map(fold, names))

    assert {name for name, _ in TRAPS} <= set(names)
    assert all(unicodedata.is_normalized("NFC", name) for name in names)
    assert folded["tran thi hoa"] >= 3
    assert {len(name.split()) for name in names} >= {2, 3, 4, 5, 7}


def test_some_people_hold_two_posts():
    double = [person for person in people() if len(person.posts) == 2]

    assert len(double) > 30
    assert all(by_code()[post.unit] for person in double for post in person.posts)


def test_no_telephone_can_ring():
    numbers = [
        number.split() for person in people() for number in (person.telephone, person.mobile) if number
    ]

    assert all(area in {"024", "010"} and first.startswith("0") for area, first, _ in numbers)


def test_no_password_is_written_into_the_directory_file():
    text = ldif("the secret of the service")

    assert "Demo@2026" not in text
    assert "the secret of the service" not in text
    assert text.count("\nuserPassword: {SSHA}") == 1701


def test_every_post_has_an_english_title():
    titles = {post.title for person in people() for post in person.posts}

    assert sorted(title for title in titles if not english_of(title)) == []
