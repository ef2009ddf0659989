"""What stands in the demo's calendars: the words, without days of the year."""

from typing import NamedTuple


class Item(NamedTuple):
    """A line of the leaders' week. ``day`` 0 is Monday; leaders count from the minister, who is 0."""

    day: int
    starts: str
    ends: str
    leaders: tuple[int, ...]
    summary: str
    place: str = ""
    participants: str = ""
    unit: str = "VP"
    kind: str = "meeting"
    chair: str = ""  # words for a chair from elsewhere; otherwise the first leader
    until: int = -1  # the last day of what takes several

    @property
    def is_all_day(self) -> bool:
        return not self.starts


BRIEFING = Item(
    0, "8:00", "10:00", (0, 1, 2, 3, 4), "Họp giao ban lãnh đạo Bộ", "P. 201",
    "Chánh Văn phòng, Vụ trưởng Vụ Kế hoạch - Tài chính, Vụ trưởng Vụ Pháp chế",
)  # fmt: skip

WEEKS = [
    [
        BRIEFING,
        Item(0, "10:30", "11:30", (0,), "Tiếp Đại sứ Nhật Bản chào từ biệt", "P. khách tầng 2", "Lãnh đạo Vụ Hợp tác quốc tế", "HTQT", "reception"),
        Item(0, "14:00", "16:30", (1,), "Làm việc với Cục Viễn thông về quy hoạch hạ tầng viễn thông", "P. 305", "Lãnh đạo Cục Viễn thông, Cục Tần số vô tuyến điện", "CVT", "working"),
        Item(0, "14:30", "16:00", (3,), "Họp Ban Soạn thảo Nghị định về dịch vụ bưu chính", "P. 402", "Thành viên Ban Soạn thảo, Tổ Biên tập", "BC"),
        Item(1, "8:00", "11:30", (0,), "Họp Chính phủ thường kỳ", "Trụ sở Chính phủ", "Theo giấy mời", "VP", "meeting", "Thủ tướng Chính phủ"),
        Item(1, "8:30", "11:00", (2,), "Nghe báo cáo tiến độ dịch vụ công trực tuyến toàn trình", "P. 201", "Cục Tin học hóa, Trung tâm Thông tin, Văn phòng Bộ", "THH", "working"),
        Item(1, "9:00", "11:00", (4,), "Giao ban báo chí", "Hội trường tầng 1", "Lãnh đạo Cục Báo chí, các cơ quan báo chí", "CBC"),
        Item(1, "14:00", "17:00", (1, 2), "Họp Hội đồng thẩm định Kế hoạch ứng dụng công nghệ thông tin năm 2027", "P. 201", "Thành viên Hội đồng, Vụ Kế hoạch - Tài chính, Vụ Công nghệ thông tin", "CNTT"),
        Item(1, "15:00", "16:30", (3,), "Tiếp xúc với Hiệp hội Internet", "P. khách tầng 2", "Lãnh đạo Trung tâm Internet Việt Nam", "VNNIC", "reception"),
        Item(2, "", "", (1,), "Công tác tại Đà Nẵng", "Thành phố Đà Nẵng", "Vụ Khoa học và Công nghệ, Cục Tin học hóa, Đại diện Văn phòng Bộ tại Đà Nẵng", "KHCN", "trip", "", 3),
        Item(2, "8:00", "11:30", (0,), "Dự Hội nghị trực tuyến toàn quốc về chuyển đổi số", "Hội trường tầng 1", "Thủ trưởng các đơn vị thuộc Bộ", "THH", "conference", "Phó Thủ tướng Chính phủ"),
        Item(2, "8:30", "10:30", (3,), "Làm việc với Thanh tra Bộ về kế hoạch thanh tra năm 2027", "P. 305", "Chánh Thanh tra, các Phó Chánh Thanh tra", "TTra", "working"),
        Item(2, "14:00", "15:30", (0,), "Duyệt chương trình công tác tháng", "P. 203", "Chánh Văn phòng", "VP", "working"),
        Item(2, "14:30", "16:30", (4,), "Kiểm tra công tác xuất bản lịch và sách cuối năm", "Cục Xuất bản, In và Phát hành", "Lãnh đạo Cục, Nhà xuất bản Thông tin và Truyền thông", "CXBIPH", "working"),
        Item(3, "8:00", "11:00", (0, 3), "Làm việc với Tổng công ty Bưu điện Việt Nam", "Trụ sở Tổng công ty", "Vụ Quản lý doanh nghiệp, Vụ Bưu chính", "QLDN", "working"),
        Item(3, "9:00", "11:00", (2,), "Họp Ban Chỉ đạo an toàn thông tin mạng", "P. 402", "Cục An toàn thông tin, Trung tâm Ứng cứu khẩn cấp máy tính Việt Nam", "CATTT"),
        Item(3, "14:00", "16:00", (4,), "Tiếp đoàn Bộ Văn hóa và Thông tin Lào", "P. khách tầng 2", "Vụ Hợp tác quốc tế, Cục Thông tin đối ngoại", "HTQT", "reception"),
        Item(3, "14:30", "16:30", (0,), "Cho ý kiến dự thảo Thông tư về danh mục dịch vụ công", "P. 201", "Vụ Pháp chế, Cục Tin học hóa, Văn phòng Bộ", "PC"),
        Item(4, "8:00", "11:30", (0, 2), "Hội nghị tổng kết phong trào thi đua ngành", "Hội trường tầng 1", "Thủ trưởng các đơn vị, đại diện các Sở Thông tin và Truyền thông", "TĐKT", "conference"),
        Item(4, "8:30", "10:00", (3,), "Họp xét duyệt kế hoạch tuyển dụng viên chức", "P. 305", "Vụ Tổ chức cán bộ", "TCCB"),
        Item(4, "9:00", "11:30", (1,), "Làm việc với Viện Chiến lược Thông tin và Truyền thông", "P. 402", "Lãnh đạo Viện", "VCL", "working"),
        Item(4, "14:00", "15:30", (4,), "Họp về tuyên truyền dịp cuối năm", "P. 305", "Cục Thông tin cơ sở, Cục Báo chí", "TTCS"),
        Item(4, "14:00", "16:00", (0,), "Làm việc với Kiểm toán Nhà nước", "P. 201", "Vụ Kế hoạch - Tài chính, Văn phòng Bộ", "KHTC", "working"),
        Item(4, "15:00", "17:00", (2,), "Dự lễ khai mạc Ngày hội việc làm sinh viên công nghệ", "Học viện Công nghệ Bưu chính Viễn thông", "Lãnh đạo Học viện", "HV", "other"),
        Item(5, "8:00", "11:30", (1,), "Dự lễ phát động trồng cây của Đoàn Thanh niên Bộ", "Sóc Sơn, Hà Nội", "Đoàn Thanh niên Bộ", "VP", "other"),
    ],
    [
        BRIEFING,
        Item(0, "10:30", "11:30", (2,), "Họp thông qua kế hoạch kiểm tra công tác văn thư, lưu trữ", "P. 305", "Văn phòng Bộ", "VP"),
        Item(0, "14:00", "16:00", (0,), "Làm việc với Vụ Kế hoạch - Tài chính về dự toán ngân sách năm 2027", "P. 201", "Lãnh đạo Vụ, Trưởng phòng Tài chính - Ngân sách", "KHTC", "working"),
        Item(0, "14:30", "17:00", (4,), "Họp Ban Chỉ đạo Giải thưởng thông tin đối ngoại", "P. 402", "Cục Thông tin đối ngoại, Cục Báo chí", "TTĐN"),
        Item(0, "15:00", "16:30", (1,), "Tiếp Tập đoàn viễn thông Hàn Quốc", "P. khách tầng 2", "Vụ Hợp tác quốc tế, Cục Viễn thông", "HTQT", "reception"),
        Item(1, "8:30", "11:30", (0, 1), "Nghe báo cáo Chiến lược hạ tầng số", "P. 201", "Cục Viễn thông, Cục Tin học hóa, Viện Chiến lược", "CVT", "working"),
        Item(1, "9:00", "11:00", (3,), "Họp Tổ công tác cải cách hành chính", "P. 402", "Văn phòng Bộ, Vụ Tổ chức cán bộ, Vụ Pháp chế", "VP"),
        Item(1, "14:00", "16:30", (2,), "Diễn tập ứng cứu sự cố an toàn thông tin", "Trung tâm điều hành, tầng 9", "Trung tâm Ứng cứu khẩn cấp máy tính Việt Nam, Cục An toàn thông tin", "VNCERT", "working"),
        Item(1, "14:30", "16:00", (4,), "Giao ban báo chí", "Hội trường tầng 1", "Lãnh đạo Cục Báo chí, các cơ quan báo chí", "CBC"),
        Item(2, "", "", (3,), "Công tác tại Thành phố Hồ Chí Minh", "Thành phố Hồ Chí Minh", "Vụ Bưu chính, Đại diện Văn phòng Bộ tại Thành phố Hồ Chí Minh", "BC", "trip", "", 4),
        Item(2, "8:00", "11:30", (0,), "Dự họp Ủy ban Thường vụ Quốc hội", "Nhà Quốc hội", "Vụ trưởng Vụ Pháp chế cùng dự", "PC", "meeting", "Chủ tịch Quốc hội"),
        Item(2, "8:30", "10:30", (1,), "Thẩm định hồ sơ cấp phép băng tần", "P. 305", "Cục Tần số vô tuyến điện, Cục Viễn thông", "CTS"),
        Item(2, "9:30", "11:00", (2,), "Làm việc với Trung tâm Thông tin về hệ thống đăng nhập một lần", "P. 402", "Lãnh đạo Trung tâm, Phòng Phát triển phần mềm", "TTTT", "working"),
        Item(2, "14:00", "16:00", (0,), "Tiếp Đại sứ Cộng hòa Pháp", "P. khách tầng 2", "Vụ Hợp tác quốc tế", "HTQT", "reception"),
        Item(2, "14:00", "17:00", (4,), "Họp Hội đồng Giải thưởng Sách quốc gia", "P. 201", "Cục Xuất bản, In và Phát hành", "CXBIPH"),
        Item(3, "8:00", "11:30", (0, 2, 4), "Hội nghị giao ban quản lý nhà nước quý IV", "Hội trường tầng 1", "Thủ trưởng các đơn vị thuộc Bộ, lãnh đạo các Sở Thông tin và Truyền thông dự trực tuyến", "VP", "conference"),
        Item(3, "14:00", "15:30", (1,), "Nghe báo cáo kết quả thử nghiệm mạng 5G", "P. 305", "Cục Viễn thông, Tổng công ty Viễn thông MobiFone", "CVT", "working"),
        Item(3, "14:30", "16:30", (2,), "Họp Ban Chỉ đạo Chính phủ điện tử", "P. 201", "Cục Tin học hóa, Vụ Công nghệ thông tin, Trung tâm Chứng thực điện tử quốc gia", "THH"),
        Item(3, "15:00", "17:00", (0,), "Họp Ban Cán sự", "P. 203", "Các đồng chí trong Ban Cán sự", "VP"),
        Item(4, "8:00", "10:00", (0,), "Duyệt lịch công tác tuần sau", "P. 203", "Chánh Văn phòng", "VP", "working"),
        Item(4, "8:30", "11:00", (1, 4), "Làm việc với Học viện Công nghệ Bưu chính Viễn thông", "Trụ sở Học viện", "Vụ Tổ chức cán bộ, Vụ Kế hoạch - Tài chính", "HV", "working"),
        Item(4, "9:00", "11:00", (2,), "Họp nghiệm thu đề tài khoa học cấp Bộ", "P. 402", "Hội đồng nghiệm thu", "KHCN"),
        Item(4, "14:00", "16:30", (0,), "Làm việc với lãnh đạo Ủy ban nhân dân tỉnh Quảng Ninh", "P. 201", "Cục Tin học hóa, Vụ Kế hoạch - Tài chính", "THH", "working"),
        Item(4, "14:30", "16:00", (1,), "Ký Thỏa thuận hợp tác với Tổng công ty Truyền thông đa phương tiện", "P. khách tầng 2", "Vụ Quản lý doanh nghiệp", "QLDN", "other"),
        Item(4, "18:30", "20:00", (4,), "Dự đêm trao Giải báo chí toàn quốc", "Nhà hát Lớn Hà Nội", "Cục Báo chí", "CBC", "other"),
        Item(5, "8:00", "11:00", (2,), "Dự kỷ niệm ngày thành lập Trung tâm Internet Việt Nam", "Trụ sở Trung tâm", "Theo giấy mời", "VNNIC", "other"),
    ],
    [
        BRIEFING,
        Item(0, "10:30", "11:30", (4,), "Họp chuẩn bị Hội sách cuối năm", "P. 305", "Cục Xuất bản, In và Phát hành", "CXBIPH"),
        Item(0, "14:00", "16:30", (2,), "Làm việc với Cục Tin học hóa về kho dữ liệu dùng chung", "P. 201", "Lãnh đạo Cục, Trung tâm Thông tin", "THH", "working"),
        Item(0, "14:00", "15:30", (0,), "Tiếp Tổng Thư ký Liên minh Viễn thông châu Á - Thái Bình Dương", "P. khách tầng 2", "Vụ Hợp tác quốc tế, Cục Tần số vô tuyến điện", "HTQT", "reception"),
        Item(0, "15:00", "17:00", (1,), "Họp Hội đồng Quỹ Dịch vụ viễn thông công ích", "P. 402", "Thành viên Hội đồng quản lý Quỹ", "QVTCI"),
        Item(1, "8:30", "10:30", (3,), "Họp tiến độ giải ngân vốn đầu tư công", "P. 201", "Vụ Kế hoạch - Tài chính, các ban quản lý dự án", "KHTC"),
        Item(1, "14:00", "16:00", (2,), "Cho ý kiến dự thảo Đề án đô thị thông minh", "P. 305", "Cục Tin học hóa, Vụ Công nghệ thông tin", "THH"),
        Item(2, "8:00", "11:30", (0, 1), "Họp với các doanh nghiệp viễn thông về chất lượng dịch vụ", "Hội trường tầng 1", "Cục Viễn thông, lãnh đạo các doanh nghiệp viễn thông", "CVT"),
        Item(2, "9:00", "11:00", (4,), "Kiểm tra công tác thông tin cơ sở tại tỉnh Hòa Bình", "Tỉnh Hòa Bình", "Cục Thông tin cơ sở", "TTCS", "trip"),
        Item(2, "14:00", "16:00", (3,), "Họp thẩm tra dự thảo Quy chế làm việc của Bộ", "P. 402", "Vụ Pháp chế, Văn phòng Bộ", "PC"),
        Item(2, "14:30", "16:30", (0,), "Làm việc với Vụ Tổ chức cán bộ về công tác quy hoạch", "P. 203", "Lãnh đạo Vụ", "TCCB", "working"),
        Item(3, "", "", (2,), "Dự Hội nghị Bộ trưởng số ASEAN", "Băng Cốc, Thái Lan", "Vụ Hợp tác quốc tế, Vụ Công nghệ thông tin", "HTQT", "trip", "", 4),
        Item(3, "8:00", "11:00", (0,), "Họp Thường trực Chính phủ", "Trụ sở Chính phủ", "Theo giấy mời", "VP", "meeting", "Thủ tướng Chính phủ"),
        Item(3, "8:30", "11:30", (1, 3), "Hội nghị công tác bưu chính", "Hội trường tầng 1", "Vụ Bưu chính, Tổng công ty Bưu điện Việt Nam, các Sở Thông tin và Truyền thông", "BC", "conference"),
        Item(3, "14:00", "16:00", (4,), "Họp xử lý tin giả trên mạng xã hội", "P. 305", "Cục Phát thanh, truyền hình và thông tin điện tử, Cục An toàn thông tin", "PTTH&TTĐT"),
        Item(3, "14:30", "16:30", (0,), "Nghe báo cáo Đề án tinh gọn đầu mối", "P. 201", "Vụ Tổ chức cán bộ, Văn phòng Bộ", "TCCB", "working"),
        Item(3, "15:00", "16:30", (1,), "Tiếp công dân định kỳ", "P. tiếp công dân", "Thanh tra Bộ, Văn phòng Bộ", "TTra", "duty"),
        Item(4, "8:00", "10:00", (0,), "Duyệt lịch công tác tuần sau", "P. 203", "Chánh Văn phòng", "VP", "working"),
        Item(4, "8:30", "11:30", (1,), "Kiểm tra phòng máy chủ và dự phòng thảm họa", "Trung tâm Thông tin", "Trung tâm Thông tin, Cục An toàn thông tin", "TTTT", "working"),
        Item(4, "9:00", "10:30", (4,), "Giao ban báo chí", "Hội trường tầng 1", "Lãnh đạo Cục Báo chí, các cơ quan báo chí", "CBC"),
        Item(4, "14:00", "16:30", (0, 3), "Họp tổng kết công tác năm của Thanh tra Bộ", "P. 201", "Thanh tra Bộ", "TTra"),
        Item(4, "14:30", "16:00", (4,), "Làm việc với Báo điện tử VietnamNet", "Trụ sở báo", "Ban Biên tập", "VNN", "working"),
        Item(4, "15:00", "16:30", (1,), "Họp Ban tổ chức Ngày an toàn thông tin", "P. 402", "Cục An toàn thông tin", "CATTT"),
        Item(5, "8:00", "11:00", (3,), "Thăm hỏi cán bộ hưu trí khu vực Hà Nội", "Hà Nội", "Vụ Tổ chức cán bộ, Công đoàn", "TCCB", "other"),
    ],
]  # fmt: skip

DRAFTS = [
    Item(0, "8:00", "10:00", (0, 1, 2, 3, 4), "Họp giao ban lãnh đạo Bộ", "P. 201", "Chánh Văn phòng", "VP"),
    Item(1, "14:00", "16:00", (2,), "Nghe báo cáo kế hoạch thuê dịch vụ trung tâm dữ liệu", "P. 305", "Trung tâm Thông tin", "TTTT", "working"),
    Item(2, "8:30", "11:30", (0,), "Hội nghị cán bộ chủ chốt", "Hội trường tầng 1", "Thủ trưởng các đơn vị", "TCCB", "conference"),
    Item(4, "9:00", "11:00", (4,), "Giao ban báo chí", "Hội trường tầng 1", "Lãnh đạo Cục Báo chí", "CBC"),
]  # fmt: skip

# Of every unit with a calendar: day of the week, times, summary, place, kind; the first is weekly.
UNIT_ITEMS = [
    (0, "10:30", "11:30", "Họp giao ban {unit}", "Phòng họp {unit}", "meeting"),
    (1, "14:00", "15:30", "Rà soát tiến độ nhiệm vụ được giao trong tháng", "Phòng họp {unit}", "working"),
    (2, "9:00", "11:00", "Họp góp ý dự thảo báo cáo tổng kết năm", "Phòng họp {unit}", "meeting"),
    (3, "8:30", "11:30", "Tập huấn sử dụng hệ thống thông tin nội bộ", "Hội trường tầng 1", "conference"),
    (4, "15:00", "16:30", "Sinh hoạt chi bộ", "Phòng họp {unit}", "meeting"),
]
UNITS = ("VP", "KHTC", "TTTT", "CNTT", "PC", "TCCB", "HTQT", "CVT", "THH", "CATTT", "CBC", "TTra", "KHCN")

# More for the department of the demo's officer: week, day, times, summary, place, who is invited.
OFFICER_ITEMS = [
    (0, 1, "9:30", "11:00", "Thẩm định hồ sơ dịch vụ công mức 4", "Trực tuyến"),
    (0, 3, "14:00", "15:30", "Làm việc với Cục Tần số về quyết toán dự án", "P. 305"),
    (1, 0, "14:00", "15:30", "Họp phân bổ kinh phí đợt 2", "P. 201"),
    (1, 2, "9:30", "11:00", "Thẩm định dự toán mua sắm thiết bị năm 2027", "P. 305"),
    (1, 3, "14:00", "16:00", "Họp tổ công tác kiểm tra giải ngân", "P. 402"),
    (1, 4, "8:30", "9:30", "Trao đổi về biểu mẫu báo cáo thống kê", "Trực tuyến"),
]

# Personal notes: account, week, day, times ("" for the whole day), summary, place, private.
PERSONAL = [
    ("lanhdao", 0, 2, "7:00", "7:45", "Đọc tài liệu họp Hội đồng thẩm định", "", False),
    ("lanhdao", 1, 0, "16:45", "17:30", "Trao đổi riêng với Chánh Văn phòng", "P. 203", True),
    ("lanhdao", 1, 3, "17:00", "18:00", "Khám sức khỏe định kỳ", "Bệnh viện Hữu nghị", True),
    ("vanthu", 0, 4, "16:00", "17:00", "Tổng hợp lịch công tác tuần sau", "VP", False),
    ("vanthu", 1, 2, "8:00", "9:00", "Bàn giao hồ sơ quý III cho Phòng Lưu trữ", "Phòng Lưu trữ", False),
    ("nhanvien", 0, 4, "15:00", "16:00", "Hoàn thiện tờ trình phân bổ kinh phí", "", False),
    ("nhanvien", 1, 1, "17:30", "18:30", "Đón con", "", True),
    ("nhanvien", 1, 4, "", "", "Nghỉ phép", "", False),
    ("quantri.donvi", 1, 0, "13:30", "14:00", "Cập nhật trang thông tin của Vụ", "", False),
    ("quantri.donvi", 1, 3, "9:00", "10:00", "Hướng dẫn người mới dùng hệ thống", "P. 201", False),
    ("quantri", 0, 5, "20:00", "22:00", "Bảo trì hệ thống thư điện tử", "Phòng máy chủ", False),
    ("quantri", 1, 2, "14:00", "15:30", "Rà soát bản sao lưu", "Trung tâm Thông tin", False),
]
