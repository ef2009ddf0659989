"""What each unit says of itself on its page: an introduction by its kind and its field, and how to reach it."""

from zlib import crc32

from demo.people import DOMAIN
from intranet.models import UnitPage
from sso.api import fold

# By kind: what the unit is, what it does. {name} is its name, {field} what stands in FIELDS.
WORDS = {
    "van_phong": (
        "{name} là tổ chức thuộc Bộ, tham mưu giúp Bộ trưởng {field}.",
        "Văn phòng là đầu mối tiếp nhận, phát hành văn bản, xây dựng lịch công tác tuần của Lãnh đạo Bộ và theo dõi, "
        "đôn đốc việc thực hiện kết luận, chỉ đạo.",
    ),
    "thanh_tra": (
        "{name} giúp Bộ trưởng {field}.",
        "Đơn vị tiếp công dân vào các ngày làm việc trong tuần và tiếp nhận đơn thư tại trụ sở Bộ.",
    ),
    "vu": (
        "{name} là tổ chức thuộc Bộ, tham mưu giúp Bộ trưởng thực hiện quản lý nhà nước về {field}.",
        "Vụ chủ trì xây dựng văn bản quy phạm pháp luật, chiến lược, quy hoạch, kế hoạch trong lĩnh vực được giao; "
        "hướng dẫn, kiểm tra việc thực hiện và cho ý kiến về hồ sơ do các đơn vị gửi đến.",
    ),
    "cuc": (
        "{name} thực hiện chức năng tham mưu giúp Bộ trưởng quản lý nhà nước và tổ chức thực thi pháp luật về {field}.",
        "Cục giải quyết thủ tục hành chính, hướng dẫn nghiệp vụ, kiểm tra, xử lý vi phạm theo thẩm quyền và phối hợp "
        "với các sở tại địa phương trong lĩnh vực được giao.",
    ),
    "vien": (
        "{name} là đơn vị sự nghiệp công lập thuộc Bộ, nghiên cứu {field}.",
        "Viện thực hiện các nhiệm vụ khoa học và công nghệ, cung cấp luận cứ cho việc hoạch định chính sách và tham gia "
        "đào tạo, bồi dưỡng chuyên môn.",
    ),
    "trung_tam": (
        "{name} là đơn vị sự nghiệp công lập thuộc Bộ, có nhiệm vụ {field}.",
        "Trung tâm trực hỗ trợ các đơn vị trong giờ hành chính; sự cố ngoài giờ được tiếp nhận qua số điện thoại trực.",
    ),
    "bao_chi": (
        "{name} là cơ quan báo chí thuộc Bộ, {field}.",
        "Tòa soạn nhận tin, bài cộng tác và đề nghị phối hợp tuyên truyền của các đơn vị qua địa chỉ thư điện tử.",
    ),
    "truong": (
        "{name} là cơ sở giáo dục thuộc Bộ, {field}.",
        "Nhà trường tổ chức đào tạo, bồi dưỡng theo kế hoạch hằng năm của Bộ và hợp tác nghiên cứu, chuyển giao công "
        "nghệ với doanh nghiệp.",
    ),
    "nxb": (
        "{name} là đơn vị sự nghiệp thuộc Bộ, {field}.",
        "Các đơn vị có nhu cầu xuất bản, in tài liệu gửi bản thảo và đề nghị trước ít nhất 15 ngày làm việc.",
    ),
    "quy": (
        "{name} là tổ chức tài chính nhà nước trực thuộc Bộ, {field}.",
        "Quỹ hoạt động không vì mục đích lợi nhuận, công khai kế hoạch thu chi và kết quả thực hiện hằng năm.",
    ),
    "ban": (
        "{name} giúp Bộ trưởng {field}.",
        "Ban lập kế hoạch, tổ chức đấu thầu, theo dõi tiến độ, giải ngân và báo cáo kết quả theo quy định.",
    ),
    "doanh_nghiep": (
        "{name} là doanh nghiệp nhà nước, {field}.",
        "Trang này cung cấp đầu mối liên hệ và các thông báo phối hợp công tác giữa doanh nghiệp với các đơn vị của Bộ.",
    ),
    "dai_dien": (
        "{name} là đầu mối của Bộ tại {field}.",
        "Đơn vị phục vụ Lãnh đạo Bộ và các đoàn công tác, tiếp nhận, chuyển văn bản, bố trí phòng họp và xe khi có yêu "
        "cầu trước ít nhất 01 ngày làm việc.",
    ),
}  # fmt: skip

FIELDS = {
    "VP": "tổng hợp, điều phối hoạt động của các đơn vị theo chương trình, kế hoạch công tác và bảo đảm công tác văn thư, lưu trữ, quản trị",
    "TTra": "thực hiện thanh tra, tiếp công dân, giải quyết khiếu nại, tố cáo và phòng, chống tham nhũng, tiêu cực trong phạm vi quản lý của Bộ",
    "BC": "bưu chính và chuyển phát",
    "CNTT": "công nghiệp công nghệ thông tin và công nghiệp điện tử",
    "KHCN": "khoa học, công nghệ, tiêu chuẩn, đo lường và chất lượng trong ngành thông tin và truyền thông",
    "KHTC": "kế hoạch, đầu tư, tài chính, tài sản công và thống kê của ngành",
    "QLDN": "doanh nghiệp và đổi mới doanh nghiệp nhà nước thuộc Bộ",
    "HTQT": "hợp tác quốc tế và hội nhập trong lĩnh vực thông tin và truyền thông",
    "PC": "công tác pháp chế, kiểm soát và rà soát văn bản quy phạm pháp luật",
    "TĐKT": "thi đua, khen thưởng trong toàn ngành",
    "TCCB": "tổ chức bộ máy, cán bộ, công chức, viên chức và cải cách hành chính",
    "CBC": "báo chí",
    "PTTH&TTĐT": "phát thanh, truyền hình và thông tin điện tử",
    "CXBIPH": "xuất bản, in và phát hành xuất bản phẩm",
    "TTCS": "thông tin cơ sở và tuyên truyền, cổ động",
    "TTĐN": "thông tin đối ngoại",
    "CVT": "viễn thông và Internet",
    "CTS": "tần số vô tuyến điện và quỹ đạo vệ tinh",
    "THH": "ứng dụng công nghệ thông tin, chính phủ điện tử và chuyển đổi số",
    "CATTT": "an toàn thông tin mạng",
    "CBĐTW": "mạng bưu chính, mạng truyền số liệu phục vụ các cơ quan Đảng và Nhà nước",
    "VCL": "chiến lược, quy hoạch và chính sách phát triển thông tin và truyền thông",
    "TTTT": "quản lý, vận hành hạ tầng và các hệ thống thông tin dùng chung, cổng thông tin điện tử và thư điện tử của Bộ",
    "BĐVN": "thông tin về bưu chính, viễn thông, công nghệ thông tin và chuyển đổi số",
    "VNN": "thông tin thời sự, chính trị, kinh tế và xã hội trên môi trường mạng",
    "TC": "công bố các công trình nghiên cứu và phổ biến kiến thức chuyên ngành",
    "HV": "đào tạo đại học, sau đại học và nghiên cứu khoa học về bưu chính, viễn thông và công nghệ thông tin",
    "TĐTBD": "đào tạo, bồi dưỡng kiến thức quản lý nhà nước và nghiệp vụ cho cán bộ, công chức, viên chức trong ngành",
    "VNNIC": "quản lý, cấp phát tên miền quốc gia “.vn”, địa chỉ Internet và vận hành trạm trung chuyển Internet quốc gia",
    "VCNPM": "công nghiệp phần mềm, nội dung số và các mô hình ứng dụng",
    "NXB": "xuất bản sách, tài liệu, ấn phẩm điện tử về thông tin và truyền thông",
    "QVTCI": "hỗ trợ cung cấp dịch vụ viễn thông công ích đến vùng sâu, vùng xa, biên giới và hải đảo",
    "VNCERT": "điều phối ứng cứu sự cố, cảnh báo sớm và hướng dẫn khắc phục lỗ hổng an toàn thông tin",
    "CĐVH": "đào tạo bậc cao đẳng về công nghệ thông tin, kinh tế số và thiết kế",
    "CĐCNI": "đào tạo nhân lực kỹ thuật cho ngành in và bao bì",
    "NEAC": "quản lý, vận hành hệ thống chứng thực chữ ký số quốc gia",
    "BQLVTCI": "quản lý, tổ chức thực hiện chương trình cung cấp dịch vụ viễn thông công ích",
    "VNPost": "cung cấp dịch vụ bưu chính, tài chính bưu chính và phân phối trên mạng bưu chính công cộng",
    "MobiFone": "cung cấp dịch vụ viễn thông di động, truyền dẫn dữ liệu và giải pháp số",
    "VTC": "hoạt động trong lĩnh vực truyền hình, nội dung số và truyền thông đa phương tiện",
    "BQLDA": "quản lý, triển khai dự án phát triển công nghệ thông tin – truyền thông",
    "VPHCM": "Thành phố Hồ Chí Minh và các tỉnh, thành phố phía Nam",
    "VPĐN": "Thành phố Đà Nẵng và các tỉnh miền Trung, Tây Nguyên",
}  # fmt: skip

SEATS = {"VPHCM": "Trụ sở đại diện, Thành phố Hồ Chí Minh", "VPĐN": "Trụ sở đại diện, Thành phố Đà Nẵng"}
INSIDE = {"van_phong", "thanh_tra", "vu", "cuc"}  # sit in the ministry's house


def load(progress):
    """Fill the pages nobody has written yet."""
    pages = list(UnitPage.objects.filter(introduction="").select_related("unit"))
    for place, page in enumerate(pages, start=1):
        write(page)
        progress(place, len(pages))


def write(page: UnitPage) -> None:
    unit = page.unit
    first, second = WORDS[unit.kind]
    page.introduction = f"<p>{first.format(name=unit.name_vi, field=FIELDS[unit.code])}</p><p>{second}</p>"
    page.address = address(unit)
    page.phone = f"024 0{crc32(unit.code.encode()) % 900 + 100} 0{unit.order:03}"
    page.email = f"{fold(unit.code).replace('&', '-')}@{DOMAIN}"
    page.save()
    page.save_revision(changed=False)


def address(unit) -> str:
    if unit.code in SEATS:
        return SEATS[unit.code]
    if unit.kind in INSIDE:
        return f"Tầng {unit.order // 10 % 12 + 1}, nhà {'ABC'[unit.order // 10 % 3]}, trụ sở Bộ, Hà Nội"
    return f"Trụ sở {unit.name_vi}, Hà Nội"
