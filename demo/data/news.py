"""Some sixty news items of the ministry and its units, with pictures drawn here."""

import random
from datetime import timedelta
from io import BytesIO

from django.core.files.images import ImageFile
from django.utils import timezone
from PIL import Image as Canvas
from PIL import ImageDraw, ImageOps
from wagtail.images import get_image_model

from apps.news.models import CARD, NewsCategory, NewsPage
from apps.news.permissions import NEWS_EDITOR
from apps.news.services import ensure_news_index
from sso.api import Role, Unit, User, fold

SIZE = (1280, 720)
CATEGORIES = [
    ("chi-dao", "Chỉ đạo điều hành", "Leadership"),
    ("hoat-dong", "Hoạt động của Bộ", "Ministry activities"),
    ("chuyen-doi-so", "Chuyển đổi số", "Digital transformation"),
    ("thong-bao", "Thông báo", "Announcements"),
    ("dao-tao", "Đào tạo, bồi dưỡng", "Training"),
    ("doan-the", "Công đoàn – Đoàn thể", "Unions and associations"),
]
# Ground and two shapes of a picture, by category: the brand's blue and its neighbours.
PALETTES = {
    "chi-dao": ("#123f7a", "#2f6fc4", "#8db8f0"),
    "hoat-dong": ("#0f5a63", "#2b8a93", "#94d2d6"),
    "chuyen-doi-so": ("#2b3a8f", "#5468cf", "#a9b6f5"),
    "thong-bao": ("#8f4a0d", "#c9862a", "#f0c069"),
    "dao-tao": ("#1f5b3c", "#3b8f63", "#a5d8bc"),
    "doan-the": ("#7a2f2a", "#b55a4e", "#efb6a8"),
}
# category, units that may write it, title, summary; {unit} is the unit's name, {n} a number, {m} a month
STORIES = [
    ("chi-dao", "VP", "Lãnh đạo Bộ yêu cầu hoàn thành {n} nhiệm vụ trọng tâm trước ngày 15/12",
     "Các đơn vị rà soát tiến độ, gửi báo cáo về Văn phòng Bộ trước 17h00 thứ Năm hằng tuần."),
    ("chi-dao", "VP", "Kết luận giao ban tháng {m}: tập trung gỡ vướng về thủ tục đầu tư công",
     "Bộ giao Vụ Kế hoạch - Tài chính chủ trì, báo cáo phương án tháo gỡ trong tháng."),
    ("chi-dao", "PC", "Bộ ban hành kế hoạch xây dựng văn bản quy phạm pháp luật năm tới",
     "Kế hoạch gồm {n} văn bản, trong đó ưu tiên các thông tư hướng dẫn dịch vụ công trực tuyến."),
    ("chi-dao", "TCCB", "Chấn chỉnh kỷ luật, kỷ cương hành chính tại các đơn vị thuộc Bộ",
     "Thanh tra Bộ kiểm tra đột xuất việc chấp hành giờ làm việc và quy chế văn thư."),
    ("chi-dao", "KHTC", "Rà soát dự toán chi thường xuyên, tiết kiệm thêm {n} % kinh phí hội nghị",
     "Các đơn vị ưu tiên họp trực tuyến, dùng tài liệu điện tử trên hệ thống nội bộ."),
    ("hoat-dong", "HTQT", "Bộ tiếp và làm việc với đoàn công tác về hợp tác viễn thông khu vực",
     "Hai bên thống nhất lộ trình chia sẻ kinh nghiệm quản lý tần số và an toàn thông tin."),
    ("hoat-dong", "CVT", "{unit} công bố kết quả đo kiểm chất lượng dịch vụ di động tháng {m}",
     "Kết quả đo tại {n} tỉnh, thành phố cho thấy tốc độ tải xuống tăng so với cùng kỳ."),
    ("hoat-dong", "CBC", "Giao ban báo chí tháng {m}: tăng cường thông tin về cải cách hành chính",
     "Các cơ quan báo chí được đề nghị bám sát những vấn đề người dân quan tâm."),
    ("hoat-dong", "CTS", "{unit} tổng kết đợt kiểm soát tần số phục vụ sự kiện cuối năm",
     "Hơn {n} lượt kiểm soát đã được thực hiện, không để xảy ra can nhiễu có hại."),
    ("hoat-dong", "BC", "Khảo sát mạng bưu chính phục vụ vùng sâu, vùng xa tại {n} địa phương",
     "Đoàn khảo sát ghi nhận nhiều cách làm hay trong việc đưa dịch vụ công đến điểm bưu điện văn hóa xã."),
    ("hoat-dong", "VNNIC", "{unit} đưa vào vận hành cụm máy chủ tên miền dự phòng",
     "Hệ thống mới giúp thời gian đáp ứng truy vấn trung bình giảm {n} %."),
    ("chuyen-doi-so", "THH", "Khai trương nền tảng họp không giấy tờ cho 43 đơn vị thuộc Bộ",
     "Tài liệu, biểu quyết và kết luận cuộc họp được xử lý hoàn toàn trên môi trường điện tử."),
    ("chuyen-doi-so", "TTTT", "Một tài khoản cho mọi ứng dụng: hướng dẫn đăng nhập một lần",
     "Người dùng đăng nhập bằng tài khoản thư công vụ để vào lịch, văn bản, công việc và tin tức."),
    ("chuyen-doi-so", "CATTT", "{unit} diễn tập ứng cứu sự cố an toàn thông tin năm nay",
     "{n} đội tham gia xử lý tình huống tấn công mã độc tống tiền vào hệ thống văn bản."),
    ("chuyen-doi-so", "CNTT", "Tỷ lệ văn bản điện tử ký số của Bộ đạt {n} % trong tháng {m}",
     "Bộ phấn đấu toàn bộ văn bản không mật được trao đổi điện tử, có ký số của cơ quan."),
    ("chuyen-doi-so", "TTTT", "Nâng cấp hệ thống thư điện tử, tăng dung lượng hộp thư",
     "Mỗi hộp thư được cấp thêm dung lượng; thư cũ được giữ nguyên, người dùng không phải thao tác."),
    ("thong-bao", "TTTT", "Bảo trì hệ thống thư điện tử và văn bản tối thứ Bảy",
     "Hệ thống tạm ngừng từ 20h00 đến 23h00; các đơn vị chủ động sắp xếp công việc."),
    ("thong-bao", "VP", "Lịch trực và phân công trực lãnh đạo dịp nghỉ lễ",
     "Các đơn vị gửi danh sách trực về Phòng Hành chính trước ngày 20 hằng tháng."),
    ("thong-bao", "VP", "Thay đổi quy trình đăng ký phòng họp và xe công tác từ tháng {m}",
     "Đăng ký trên hệ thống trước ít nhất một ngày làm việc; yêu cầu đột xuất do Chánh Văn phòng quyết định."),
    ("thong-bao", "TCCB", "Kế hoạch nâng bậc lương thường xuyên đợt {n} trong năm",
     "Hồ sơ đề nghị gửi về {unit} trước ngày 25, kèm biên bản họp xét của đơn vị."),
    ("thong-bao", "KHTC", "Thời hạn khóa sổ kế toán và thanh toán tạm ứng cuối năm",
     "Các đơn vị hoàn thành hồ sơ thanh toán trước ngày 20/12 để kịp quyết toán."),
    ("dao-tao", "TĐTBD", "Khai giảng lớp bồi dưỡng ngạch chuyên viên chính khóa {n}",
     "Lớp học kết hợp trực tiếp và trực tuyến, có phần thực hành xử lý văn bản trên hệ thống."),
    ("dao-tao", "HV", "{unit} mở chuyên đề về dữ liệu mở cho cán bộ quản lý",
     "Chuyên đề gồm {n} buổi, tập trung vào khai thác dữ liệu dùng chung trong cơ quan nhà nước."),
    ("dao-tao", "TTTT", "Tập huấn sử dụng hệ thống thông tin nội bộ cho văn thư các đơn vị",
     "Học viên thực hành đăng ký văn bản đến, chuyển xử lý và tra cứu văn bản các năm trước."),
    ("dao-tao", "CATTT", "Bồi dưỡng kiến thức an toàn thông tin cho người mới được tuyển dụng",
     "Nội dung gồm nhận diện thư lừa đảo, bảo vệ tài khoản và sử dụng khóa đăng nhập."),
    ("doan-the", "VP", "Đội tuyển Bộ giành ngôi vô địch giải bóng bàn công chức",
     "Giải quy tụ {n} đội của các bộ, ngành; trận chung kết diễn ra hết sức sôi nổi."),
    ("doan-the", "TĐKT", "Phát động phong trào thi đua \u201cMỗi ngày một sáng kiến cải cách\u201d",
     "Mỗi đơn vị đăng ký ít nhất {n} sáng kiến, ưu tiên sáng kiến rút ngắn thời gian xử lý hồ sơ."),
    ("doan-the", "VNPost", "Công đoàn {unit} trao quà cho học sinh vùng lũ",
     "Gần {n} suất quà gồm sách vở, áo ấm đã được chuyển tới tay các em học sinh."),
    ("doan-the", "TTTT", "Ngày hội hiến máu tình nguyện thu về {n} đơn vị máu",
     "Đoàn viên, người lao động các đơn vị tham gia từ sáng sớm tại hội trường tầng 1."),
    ("hoat-dong", "VTC", "{unit} phát sóng chuỗi chương trình về chính quyền điện tử",
     "Loạt {n} chương trình giới thiệu những dịch vụ công được người dân sử dụng nhiều nhất."),
]  # fmt: skip
LEADS = [
    "Sáng nay, tại trụ sở Bộ, {unit} đã triển khai nội dung trên tới các đơn vị liên quan. Tham dự có lãnh đạo đơn vị, "
    "đại diện Văn phòng Bộ và cán bộ được giao đầu mối.",
    "Theo thông tin từ {unit}, nội dung này nằm trong chương trình công tác năm và đã được Lãnh đạo Bộ cho ý kiến.",
    "{unit} vừa hoàn thành việc rà soát, tổng hợp ý kiến của các đơn vị và thống nhất cách làm trong thời gian tới.",
]
MIDDLES = [
    "Các đơn vị được đề nghị cử một lãnh đạo phụ trách, một cán bộ đầu mối, và cập nhật tiến độ trên hệ thống công việc. "
    "Vướng mắc phát sinh gửi về {unit} để được hướng dẫn kịp thời.",
    "Điểm mới của năm nay là toàn bộ tài liệu được gửi trên hệ thống, không in giấy. Người dự họp mở tài liệu ngay trên "
    "điện thoại hoặc máy tính, góp ý trực tiếp và xem kết luận sau cuộc họp.",
    "Kết quả bước đầu cho thấy thời gian xử lý đã rút ngắn rõ rệt. Nhiều đơn vị chủ động đề xuất cách làm mới, chia sẻ mẫu "
    "biểu dùng chung để các đơn vị khác tham khảo.",
    "Đại diện một số đơn vị cho rằng cần tiếp tục đơn giản hóa thủ tục nội bộ, nhất là khâu xin ý kiến nhiều vòng; đồng thời "
    "quy định rõ thời hạn trả lời, quá hạn coi như đồng ý.",
]
QUOTES = [
    "Việc gì rõ thì làm ngay, việc gì khó thì cùng nhau tháo gỡ; không để hồ sơ của người dân phải chờ.",
    "Mỗi đơn vị chọn một việc cụ thể, làm đến nơi đến chốn và đo được kết quả.",
    "Công nghệ chỉ có ích khi người dùng thấy công việc của mình nhẹ hơn.",
]
ENDINGS = [
    "Trong thời gian tới, {unit} tiếp tục theo dõi, đôn đốc và báo cáo Lãnh đạo Bộ vào ngày 25 hằng tháng.",
    "Mọi ý kiến trao đổi xin gửi về {unit} qua hệ thống thư điện tử của Bộ.",
    "Thông tin chi tiết được đăng tại trang của {unit} trên hệ thống thông tin nội bộ.",
]


def load(progress) -> None:
    """Publish the items over the last four months, two drafts and one in moderation; the second call does nothing."""
    index = ensure_news_index()
    if NewsPage.objects.exists():
        return
    chance = random.Random(2018)
    categories = {
        slug: NewsCategory.objects.update_or_create(
            slug=slug, defaults={"name_vi": vi, "name_en": en, "order": number * 10}
        )[0]
        for number, (slug, vi, en) in enumerate(CATEGORIES, start=1)
    }
    units = {unit.code: unit for unit in Unit.objects.all()}
    editor = User.objects.filter(username="vanthu").first()
    if editor:
        Role.objects.get_or_create(user=editor, unit=None, name=NEWS_EDITOR)
    pictures = {slug: [draw(slug, number) for number in range(6)] for slug in PALETTES}
    stories = [(story, turn) for turn in range(2) for story in chance.sample(STORIES, len(STORIES))]
    moment = timezone.localtime().replace(minute=15, second=0, microsecond=0) - timedelta(hours=2)
    for number, ((slug, code, title, summary), turn) in enumerate(stories):
        unit = units.get(code) or units["VP"]
        month = (moment.month - 1) or 12
        words = {"unit": unit.name_vi, "n": chance.randrange(5, 48), "m": month}
        if turn and "{" not in title:
            title += " – đợt 2"
        title = title.format(**words)
        page = NewsPage(
            title=title,
            slug=f"{slugged(title)}-{number + 1}",
            category=categories[slug],
            unit=unit,
            picture=chance.choice(pictures[slug]) if number % 7 != 5 else None,
            summary=summary.format(**words),
            body=body(chance, words),
            published_at=moment,
            is_pinned=number == 0,
            owner=editor,
        )
        is_draft = number % 20 == 9
        page.live = not is_draft
        index.add_child(instance=page)
        page.first_published_at = page.last_published_at = None if is_draft else moment
        revision = page.save_revision(user=editor, log_action=False)
        if not is_draft:
            revision.publish(log_action=False)
        moment -= timedelta(hours=chance.randrange(20, 72))
        if moment.weekday() > 4:
            moment -= timedelta(days=2)
        progress(f"Tin tức {number + 1}/{len(stories)}")
    for images in pictures.values():
        for image in images:
            image.get_rendition(CARD)


def slugged(title: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in fold(title)).split()[:10])


def body(chance: random.Random, words: dict) -> str:
    middles = chance.sample(MIDDLES, k=chance.randrange(2, 4))
    parts = [f"<p>{chance.choice(LEADS).format(**words)}</p>"]
    parts += [f"<p>{text.format(**words)}</p>" for text in middles[:1]]
    parts.append(f"<blockquote>{chance.choice(QUOTES)}</blockquote>")
    parts += [f"<p>{text.format(**words)}</p>" for text in middles[1:]]
    parts.append(f"<p>{chance.choice(ENDINGS).format(**words)}</p>")
    return "".join(parts)


def draw(slug: str, number: int):
    """Return a picture: discs, slopes or rings of one palette on a graded ground. The same for the same arguments."""
    chance = random.Random(f"{slug}{number}")
    ground, middle, light = map(rgb, PALETTES[slug])
    canvas = Canvas.linear_gradient("L").rotate(90 * (number % 4)).resize(SIZE)
    canvas = ImageOps.colorize(canvas, ground, mixed(ground, middle, 0.7))
    for layer in range(4 + number % 3):
        shade = Canvas.new("L", SIZE, 0)
        pen = ImageDraw.Draw(shade)
        strength = chance.randrange(45, 110)
        x, y = chance.randrange(SIZE[0]), chance.randrange(SIZE[1])
        radius = chance.randrange(90, 380)
        box = [x - radius, y - radius, x + radius, y + radius]
        if number % 3 == 0:
            pen.ellipse(box, fill=strength)
        elif number % 3 == 1:
            height, slope = SIZE[1] // 6 * (layer + 1), chance.randrange(-260, 260)
            pen.polygon(
                [(0, height), (SIZE[0], height + slope), (SIZE[0], SIZE[1]), (0, SIZE[1])], fill=strength // 2
            )
        else:
            pen.ellipse(box, outline=strength + 40, width=chance.randrange(14, 60))
        canvas.paste(light if layer % 2 else middle, mask=shade)
    file = BytesIO()
    canvas.save(file, "JPEG", quality=82)
    name = f"tin-{slug}-{number + 1}.jpg"
    return get_image_model().objects.create(
        title=f"Minh họa {slug} {number + 1}", file=ImageFile(file, name=name)
    )


def mixed(one: tuple, other: tuple, share: float) -> tuple[int, ...]:
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True))


def rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
