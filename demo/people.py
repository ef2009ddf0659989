"""The 1,700 people of the demo ministry: invented, and the same on every machine."""

import random
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache

from demo.names import TRAPS, draw_name, fold, is_office_holder
from demo.units import Unit, by_code, subunits_of, units

DOMAIN = "mic.example.gov.vn"
PASSWORD = "Demo@2026"
SEED = 2018

LEADERSHIP = 5
HEADCOUNT = {
    "van_phong": 120, "thanh_tra": 40, "vu": 22, "cuc": 70, "vien": 45, "trung_tam": 45, "bao_chi": 35,
    "nxb": 35, "truong": 35, "quy": 11, "ban": 11, "doanh_nghiep": 11, "dai_dien": 11,
}  # fmt: skip
SMALLER = {"VPĐN": 10}  # makes 1,700 in all

HEADS = {
    "van_phong": ("Chánh Văn phòng", "Phó Chánh Văn phòng"),
    "thanh_tra": ("Chánh Thanh tra", "Phó Chánh Thanh tra"),
    "vu": ("Vụ trưởng", "Phó Vụ trưởng"),
    "cuc": ("Cục trưởng", "Phó Cục trưởng"),
    "vien": ("Viện trưởng", "Phó Viện trưởng"),
    "trung_tam": ("Giám đốc", "Phó Giám đốc"),
    "bao_chi": ("Tổng Biên tập", "Phó Tổng Biên tập"),
    "truong": ("Hiệu trưởng", "Phó Hiệu trưởng"),
    "nxb": ("Giám đốc, Tổng Biên tập", "Phó Giám đốc, Phó Tổng Biên tập"),
    "quy": ("Giám đốc Quỹ", "Phó Giám đốc Quỹ"),
    "ban": ("Trưởng ban", "Phó Trưởng ban"),
    "doanh_nghiep": ("Tổng Giám đốc", "Phó Tổng Giám đốc"),
    "dai_dien": ("Trưởng Đại diện", "Phó Trưởng Đại diện"),
}
HEADS_OF = {"HV": ("Giám đốc Học viện", "Phó Giám đốc Học viện")}
SUBUNIT_HEADS = {
    "Phòng": ("Trưởng phòng", "Phó Trưởng phòng"),
    "Văn": ("Chánh Văn phòng Cục", "Phó Chánh Văn phòng Cục"),
    "Trung": ("Giám đốc Trung tâm", "Phó Giám đốc Trung tâm"),
    "Ban": ("Trưởng ban", "Phó Trưởng ban"),
    "Đội": ("Đội trưởng", "Phó Đội trưởng"),
    "Xưởng": ("Quản đốc", "Phó Quản đốc"),
}

# Titles of the staff with their rank and weight.
OFFICERS = (
    ("Chuyên viên cao cấp", 300, 3),
    ("Chuyên viên chính", 310, 27),
    ("Chuyên viên", 320, 60),
    ("Cán sự", 330, 10),
)
STAFF = {
    "thanh_tra": (("Thanh tra viên cao cấp", 300, 5), ("Thanh tra viên chính", 310, 30),
                  ("Thanh tra viên", 320, 55), ("Chuyên viên", 320, 10)),
    "vien": (("Nghiên cứu viên cao cấp", 300, 6), ("Nghiên cứu viên chính", 310, 28),
             ("Nghiên cứu viên", 320, 56), ("Chuyên viên", 320, 10)),
    "trung_tam": (("Chuyên viên chính", 310, 15), ("Chuyên viên", 320, 35), ("Kỹ sư chính", 310, 10),
                  ("Kỹ sư", 320, 32), ("Kỹ thuật viên", 350, 8)),
    "bao_chi": (("Phóng viên chính", 310, 15), ("Phóng viên", 320, 45), ("Biên tập viên chính", 310, 10),
                ("Biên tập viên", 320, 30)),
    "nxb": (("Biên tập viên chính", 310, 25), ("Biên tập viên", 320, 60), ("Chuyên viên", 320, 15)),
    "truong": (("Giảng viên chính", 310, 20), ("Giảng viên", 320, 40), ("Chuyên viên", 320, 40)),
}  # fmt: skip
DRIVERS = (("Lái xe", 390, 1),)
ARCHIVISTS = (("Lưu trữ viên chính", 310, 20), ("Lưu trữ viên", 320, 60), ("Cán sự", 330, 20))
STAFF_OF = {"VP.XE": DRIVERS, "VP.LT": ARCHIVISTS}

# The sign-ins shown to visitors: account → full name, sex.
NAMED = {
    "lanhdao": ("Đinh Thị Thanh Khuê", "f"),
    "vanthu": ("Phùng Thị Hồng Nhạn", "f"),
    "nhanvien": ("Tạ Hoàng Nguyên Vỹ", "m"),
    "quantri.donvi": ("Kiều Thị Minh Thục", "f"),
    "quantri": ("Lưu Đình Khải Triết", "m"),
}


@dataclass(frozen=True)
class Post:
    unit: str
    title: str
    rank: int
    place: str = "member"  # head, deputy or member
    since: str = ""


@dataclass(frozen=True)
class Person:
    uid: str
    name: str
    sex: str
    posts: tuple[Post, ...]  # the main post first
    number: str
    employment: str
    telephone: str
    mobile: str
    room: str
    manager: str = ""  # uid; empty at the top

    @property
    def mail(self) -> str:
        return f"{self.uid}@{DOMAIN}"


def second_admin() -> str:
    """The account of the other system admin, since some acts need two: the deputy of the first one's room."""
    posts = {person.uid: person.posts[0] for person in people()}
    room = posts["quantri"].unit
    return next(uid for uid, post in posts.items() if post.unit == room and post.place == "deputy")


def account(name: str, taken: Counter) -> str:
    """Given name and initials as in ``anhnv``; the second of them is ``anhnv2``."""
    *before, given = ["".join(filter(str.isalpha, word)) for word in fold(name).replace("-", " ").split()]
    plain = given + "".join(word[0] for word in before)
    taken[plain] += 1
    return plain if taken[plain] == 1 else f"{plain}{taken[plain]}"


def seats() -> list[Post]:
    """Every main post of the ministry, in the order of units; leaders of a unit before its staff."""
    chance = random.Random(f"{SEED} posts")
    ministry, *others = (unit for unit in units() if unit.kind != "phong")
    found = [Post(ministry.code, "Bộ trưởng", 10, "head")]
    found += [Post(ministry.code, "Thứ trưởng", 20, "deputy")] * (LEADERSHIP - 1)
    for unit in others:
        found += unit_seats(unit, chance)
    return found


def unit_seats(unit: Unit, chance: random.Random) -> list[Post]:
    count = SMALLER.get(unit.code, HEADCOUNT[unit.kind])
    head, deputy = HEADS_OF.get(unit.code, HEADS[unit.kind])
    deputies = 1 if count < 20 else 2 if count < 40 else 3
    found = [Post(unit.code, head, 100, "head")] + [Post(unit.code, deputy, 110, "deputy")] * deputies
    subs = subunits_of(unit.code)
    if not subs:
        found.append(Post(unit.code, "Văn thư", 340))
        return found + staff(unit, unit.code, count - len(found), chance)
    left = count - len(found)
    for place, sub in enumerate(subs):
        size = left // (len(subs) - place)
        left -= size
        titles = SUBUNIT_HEADS[sub.name.split()[0].rstrip("-")]
        if unit.kind == "doanh_nghiep":
            titles = ("Chánh Văn phòng", "Phó Chánh Văn phòng")
        own = [Post(sub.code, titles[0], 200, "head")]
        own += [Post(sub.code, titles[1], 210, "deputy")] * (2 if size > 14 else 1 if size > 4 else 0)
        if keeps_registers(sub, subs):
            own += [Post(sub.code, "Văn thư", 340)] * (4 if sub.code == "VP.VT" else 1)
        found += own + staff(unit, sub.code, size - len(own), chance)
    return found


def keeps_registers(sub: Unit, subs: tuple[Unit, ...]) -> bool:
    """True for the one sub-unit where the clerk of the unit sits."""
    return sub.code == "VP.VT" if sub.parent == "VP" else sub is subs[0]


def staff(unit: Unit, code: str, count: int, chance: random.Random) -> list[Post]:
    titles = STAFF_OF.get(code) or STAFF.get(unit.kind, OFFICERS)
    drawn = chance.choices(titles, [weight for *_, weight in titles], k=count)
    return sorted((Post(code, title, rank) for title, rank, _ in drawn), key=lambda post: post.rank)


def named_seats(posts: list[Post]) -> dict[int, str]:
    """Which post (its place in the list) each of the named sign-ins holds."""

    def find(unit: str, title: str) -> int:
        return next(i for i, post in enumerate(posts) if (post.unit, post.title) == (unit, title))

    return {
        find("BTTTT", "Thứ trưởng"): "lanhdao",
        find("VP.VT", "Văn thư"): "vanthu",
        find("KHTC.KH", "Chuyên viên"): "nhanvien",
        find("KHTC.TH", "Chuyên viên"): "quantri.donvi",
        find("TTTT.HT", "Trưởng phòng"): "quantri",
    }


@cache
def people() -> tuple[Person, ...]:
    """Everybody, in the order of units and ranks."""
    chance = random.Random(f"{SEED} people")
    posts = seats()
    named = named_seats(posts)
    free = [place for place, post in enumerate(posts) if place not in named and post.rank >= 300]
    traps = dict(zip(chance.sample(free, len(TRAPS)), TRAPS, strict=True))
    taken, names = Counter(NAMED), Counter()
    found = []
    for place, post in enumerate(posts):
        uid = named.get(place)
        name, sex = NAMED[uid] if uid else traps.get(place) or draw(chance, post, names)
        found.append(
            Person(
                uid=uid or account(name, taken),
                name=name,
                sex=sex,
                posts=(replace(post, since=day(chance, 2012, 2025)),),
                number=f"{place + 1:06}",
                employment=employment(post),
                # 0 never begins a subscriber's number: none of these can ring.
                telephone=f"024 0{chance.randrange(100, 999)} {place:04}",
                mobile=f"010 0{chance.randrange(10, 99)} {place:04}" if post.rank <= 210 else "",
                room=f"{chance.choice('ABC')}{chance.randrange(1, 13)}{chance.randrange(1, 25):02}",
            )
        )
    return tuple(with_more_posts(with_managers(found), chance))


def draw(chance: random.Random, post: Post, names: Counter) -> tuple[str, str]:
    """A name and a sex. A name comes at most three times; that of a leader only once."""
    sex = "m" if post.rank == 390 or chance.random() < 0.52 else "f"
    while True:
        name = draw_name(chance, sex)
        if names[name] < (1 if post.rank <= 210 else 3):
            names[name] += 1
            return name, sex


def day(chance: random.Random, first: int, last: int) -> str:
    return f"{chance.randint(first, last)}-{chance.randint(1, 12):02}-01"


def employment(post: Post) -> str:
    unit = by_code()[post.unit]
    kind = by_code()[unit.parent].kind if unit.kind == "phong" else unit.kind
    if post.rank == 390:
        return "hợp đồng"
    return "công chức" if kind in {"bo", "vu", "van_phong", "thanh_tra", "cuc", "dai_dien"} else "viên chức"


def with_managers(found: list[Person]) -> list[Person]:
    """The direct superior of each: head of the sub-unit, of the unit, or a leader of the ministry."""
    leaders = [person.uid for person in found[:LEADERSHIP]]
    head_of = {person.posts[0].unit: person.uid for person in found if person.posts[0].place == "head"}
    unit_places = {unit.code: place for place, unit in enumerate(units())}

    def manager(person: Person) -> str:
        post = person.posts[0]
        if post.rank == 10:
            return ""
        if post.rank == 20:
            return leaders[0]
        if post.place == "head" and by_code()[post.unit].kind != "phong":
            return leaders[1 + unit_places[post.unit] % (LEADERSHIP - 1)]
        if post.place == "head":
            return head_of[by_code()[post.unit].parent]
        return head_of[post.unit]

    return [replace(person, manager=manager(person)) for person in found]


# Second posts (kiêm nhiệm): the unit and place of who holds it, and the post.
SECOND_POSTS = (
    ("VP", "deputy", Post("VPHCM", "Phó Trưởng Đại diện kiêm nhiệm", 110, "deputy", "2023-04-01")),
    ("KHTC", "deputy", Post("BQLDA", "Phó Trưởng ban kiêm nhiệm", 110, "deputy", "2022-07-01")),
    ("QLDN", "head", Post("QVTCI", "Thành viên Hội đồng quản lý", 120, "member", "2021-01-01")),
    ("VNCERT", "head", Post("CATTT", "Phó Cục trưởng kiêm nhiệm", 110, "deputy", "2022-10-01")),
    ("TTTT", "head", Post("THH", "Thành viên Tổ công tác chuyển đổi số", 120, "member", "2024-02-01")),
)
LECTURERS = {"Nghiên cứu viên chính", "Chuyên viên cao cấp", "Kỹ sư chính"}


def with_more_posts(found: list[Person], chance: random.Random) -> list[Person]:
    """Gives some people a second post."""
    more: dict[str, Post] = {}
    for unit, place, post in SECOND_POSTS:
        more[next(p.uid for p in found if (p.posts[0].unit, p.posts[0].place) == (unit, place))] = post
    for uid in chance.sample([p.uid for p in found if p.posts[0].title in LECTURERS], 24):
        more.setdefault(uid, Post("HV", "Giảng viên kiêm nhiệm", 320, "member", day(chance, 2018, 2025)))
    for uid in chance.sample([p.uid for p in found if p.posts[0].rank == 210], 12):
        more.setdefault(uid, Post("BQLVTCI", "Thành viên kiêm nhiệm", 320, "member", day(chance, 2019, 2025)))
    return [replace(p, posts=(*p.posts, more[p.uid])) if p.uid in more else p for p in found]


assert not any(is_office_holder(name) for name, _ in (*NAMED.values(), *TRAPS))
