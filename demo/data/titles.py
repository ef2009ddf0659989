"""The English of posts: a directory has a title in one language only, and the demo is shown to guests as well."""

from sso.api import Post

ENGLISH = {
    "Bộ trưởng": "Minister",
    "Thứ trưởng": "Deputy Minister",
    "Chánh Văn phòng": "Chief of Office",
    "Phó Chánh Văn phòng": "Deputy Chief of Office",
    "Chánh Văn phòng Cục": "Chief of Office",
    "Phó Chánh Văn phòng Cục": "Deputy Chief of Office",
    "Chánh Thanh tra": "Chief Inspector",
    "Phó Chánh Thanh tra": "Deputy Chief Inspector",
    "Vụ trưởng": "Director General",
    "Phó Vụ trưởng": "Deputy Director General",
    "Cục trưởng": "Director General",
    "Phó Cục trưởng": "Deputy Director General",
    "Viện trưởng": "Director of the Institute",
    "Phó Viện trưởng": "Deputy Director of the Institute",
    "Giám đốc": "Director",
    "Phó Giám đốc": "Deputy Director",
    "Giám đốc Trung tâm": "Director of the Centre",
    "Phó Giám đốc Trung tâm": "Deputy Director of the Centre",
    "Giám đốc Học viện": "President of the Academy",
    "Phó Giám đốc Học viện": "Vice President of the Academy",
    "Giám đốc Quỹ": "Director of the Fund",
    "Phó Giám đốc Quỹ": "Deputy Director of the Fund",
    "Giám đốc, Tổng Biên tập": "Director and Editor-in-Chief",
    "Phó Giám đốc, Phó Tổng Biên tập": "Deputy Director and Editor-in-Chief",
    "Tổng Giám đốc": "Chief Executive",
    "Phó Tổng Giám đốc": "Deputy Chief Executive",
    "Tổng Biên tập": "Editor-in-Chief",
    "Phó Tổng Biên tập": "Deputy Editor-in-Chief",
    "Hiệu trưởng": "Rector",
    "Phó Hiệu trưởng": "Vice Rector",
    "Trưởng ban": "Head of Board",
    "Phó Trưởng ban": "Deputy Head of Board",
    "Trưởng Đại diện": "Head of Representation",
    "Phó Trưởng Đại diện": "Deputy Head of Representation",
    "Trưởng phòng": "Head of Division",
    "Phó Trưởng phòng": "Deputy Head of Division",
    "Đội trưởng": "Head of Team",
    "Phó Đội trưởng": "Deputy Head of Team",
    "Quản đốc": "Head of Workshop",
    "Phó Quản đốc": "Deputy Head of Workshop",
    "Chuyên viên cao cấp": "Principal Officer",
    "Chuyên viên chính": "Senior Officer",
    "Chuyên viên": "Officer",
    "Cán sự": "Junior Officer",
    "Văn thư": "Clerk",
    "Lưu trữ viên chính": "Senior Archivist",
    "Lưu trữ viên": "Archivist",
    "Lái xe": "Driver",
    "Thanh tra viên cao cấp": "Principal Inspector",
    "Thanh tra viên chính": "Senior Inspector",
    "Thanh tra viên": "Inspector",
    "Nghiên cứu viên cao cấp": "Principal Researcher",
    "Nghiên cứu viên chính": "Senior Researcher",
    "Nghiên cứu viên": "Researcher",
    "Giảng viên chính": "Senior Lecturer",
    "Giảng viên": "Lecturer",
    "Kỹ sư chính": "Senior Engineer",
    "Kỹ sư": "Engineer",
    "Kỹ thuật viên": "Technician",
    "Phóng viên chính": "Senior Reporter",
    "Phóng viên": "Reporter",
    "Biên tập viên chính": "Senior Editor",
    "Biên tập viên": "Editor",
    "Thành viên Hội đồng quản lý": "Member of the Management Council",
    "Thành viên Tổ công tác chuyển đổi số": "Member of the Task Force on Digital Transformation",
    "Thành viên": "Member",
}
BESIDES = " kiêm nhiệm"  # a second post


def english_of(title: str) -> str:
    """Return the English title, "" for one that nobody has translated."""
    return ENGLISH.get(title.removesuffix(BESIDES), "")


def load(progress) -> None:
    """Give the posts their English titles."""
    posts = list(Post.objects.filter(title_en=""))
    for post in posts:
        post.title_en = english_of(post.title_vi)
    Post.objects.bulk_update(posts, ["title_en"], batch_size=500)
