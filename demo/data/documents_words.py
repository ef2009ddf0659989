"""What the official documents of the demo say. No person is named but by post."""

# name, abbreviation in the symbol, units that draft official letters
ISSUERS = (
    ("Văn phòng Chính phủ", "VPCP", ("KSTT", "KGVX", "TH", "CN", "ĐMDN")),
    ("Bộ Tài chính", "BTC", ("HCSN", "NSNN", "QLCS", "TCDN")),
    ("Bộ Kế hoạch và Đầu tư", "BKHĐT", ("TH", "KHGDTNMT", "QLĐT")),
    ("Bộ Nội vụ", "BNV", ("CCVC", "TCBC", "VTLT", "CCHC")),
    ("Bộ Tư pháp", "BTP", ("KTrVB", "PLHSHC", "CNTT")),
    ("Bộ Công an", "BCA", ("A05", "C06")),
    ("Bộ Khoa học và Công nghệ", "BKHCN", ("CNN", "KHTC", "ĐP")),
    ("Bộ Giáo dục và Đào tạo", "BGDĐT", ("CNTT", "GDĐH")),
    ("Bộ Y tế", "BYT", ("CNTT", "TT-KT")),
    ("Bộ Công Thương", "BCT", ("TMĐT", "KHTC")),
    ("Bộ Ngoại giao", "BNG", ("LPQT", "VHĐN")),
    ("Thanh tra Chính phủ", "TTCP", ("C.I", "PC")),
    ("Ngân hàng Nhà nước Việt Nam", "NHNN", ("TT", "CNTT")),
    ("Kiểm toán nhà nước", "KTNN", ("TH", "CN.VI")),
    ("Ủy ban nhân dân thành phố Hà Nội", "UBND", ("KGVX", "TH")),
    ("Ủy ban nhân dân Thành phố Hồ Chí Minh", "UBND", ("VX", "TH")),
    ("Ủy ban nhân dân thành phố Đà Nẵng", "UBND", ("STTTT", "VHXH")),
    ("Ủy ban nhân dân tỉnh Nghệ An", "UBND", ("CN", "VX")),
    ("Ủy ban nhân dân tỉnh Lào Cai", "UBND", ("VX", "TH")),
    ("Ủy ban nhân dân tỉnh Thừa Thiên Huế", "UBND", ("CN", "XDCB")),
    ("Ủy ban nhân dân tỉnh Cà Mau", "UBND", ("KGVX",)),
    ("Sở Thông tin và Truyền thông tỉnh Quảng Ninh", "STTTT", ("CNTT", "BCXB")),
    ("Sở Thông tin và Truyền thông tỉnh Đắk Lắk", "STTTT", ("VP", "BCVT")),
    ("Tập đoàn Bưu chính Viễn thông Việt Nam", "VNPT", ("KHĐT", "CN")),
    ("Tập đoàn Công nghiệp - Viễn thông Quân đội", "CNVTQĐ", ("CL", "KTCN")),
    ("Tổng công ty Bưu điện Việt Nam", "BĐVN", ("DVBC", "KHĐT")),
    ("Đài Truyền hình Việt Nam", "THVN", ("KHTC", "BTK")),
    ("Thông tấn xã Việt Nam", "TTX", ("VP",)),
    ("Hội Nhà báo Việt Nam", "HNBVN", ("VP",)),
)

MATTERS = (
    "chuyển đổi số", "cải cách hành chính", "an toàn thông tin mạng", "dịch vụ công trực tuyến",
    "phát triển hạ tầng số", "quản lý tần số vô tuyến điện", "thông tin cơ sở", "công tác báo chí và xuất bản",
    "bưu chính công ích", "công nghiệp công nghệ số", "kết nối và chia sẻ dữ liệu", "quản lý thuê bao di động",
    "quy hoạch mạng lưới bưu chính, viễn thông", "phòng, chống tin nhắn rác và cuộc gọi rác",
    "sử dụng ngân sách nhà nước", "đào tạo, bồi dưỡng công chức", "thi đua, khen thưởng", "văn thư, lưu trữ điện tử",
    "tiết kiệm, chống lãng phí", "phòng cháy, chữa cháy tại trụ sở", "phát triển kinh tế số và xã hội số",
    "nền tảng tích hợp, chia sẻ dữ liệu cấp bộ", "bảo đảm thông tin phục vụ phòng, chống thiên tai",
)  # fmt: skip

# key of the kind → subjects; {matter}, {year}, {month}, {quarter}, {place}
SUBJECTS = {
    "cong_van": (
        "V/v báo cáo tình hình thực hiện nhiệm vụ về {matter} tháng {month} năm {year}",
        "V/v đề nghị góp ý dự thảo Nghị định về {matter}",
        "V/v cung cấp số liệu về {matter} quý {quarter} năm {year}",
        "V/v hướng dẫn thực hiện quy định về {matter}",
        "V/v trả lời kiến nghị của cử tri tỉnh {place} về {matter}",
        "V/v cử cán bộ tham gia đoàn công tác kiểm tra {matter}",
        "V/v phối hợp tổ chức hội nghị toàn quốc về {matter} tại {place}",
        "V/v thực hiện ý kiến chỉ đạo của Thủ tướng Chính phủ về {matter}",
        "V/v thẩm định dự toán kinh phí thực hiện {matter} năm {year}",
        "V/v đôn đốc thực hiện kết luận thanh tra về {matter}",
        "V/v đăng ký nhu cầu kinh phí về {matter} giai đoạn {year}–{later}",
    ),
    "nghi_quyet": ("Nghị quyết phiên họp chuyên đề về {matter} tháng {month} năm {year}",),
    "quyet_dinh": (
        "Quyết định ban hành Kế hoạch {matter} năm {year}",
        "Quyết định phê duyệt Đề án về {matter} đến năm {later}",
        "Quyết định thành lập Tổ công tác liên ngành về {matter}",
        "Quyết định giao dự toán chi ngân sách nhà nước năm {year} cho {matter}",
    ),
    "chi_thi": (
        "Chỉ thị về việc tăng cường {matter}",
        "Chỉ thị về việc đẩy mạnh {matter} trong tình hình mới",
    ),
    "quy_che": ("Quy chế phối hợp trong {matter}",),
    "quy_dinh": ("Quy định về định mức kinh tế - kỹ thuật trong {matter}",),
    "thong_cao": ("Thông cáo về kết quả hội nghị {matter} năm {year}",),
    "thong_bao": (
        "Thông báo kết luận của Phó Thủ tướng Chính phủ tại cuộc họp về {matter}",
        "Thông báo lịch nghỉ và phân công trực trong các dịp lễ năm {year}",
        "Thông báo kết quả kiểm tra {matter} tại {place}",
    ),
    "huong_dan": (
        "Hướng dẫn xây dựng dự toán năm {later} cho {matter}",
        "Hướng dẫn đánh giá mức độ {matter} cấp bộ, cấp tỉnh",
    ),
    "chuong_trinh": ("Chương trình công tác quý {quarter} năm {year} về {matter}",),
    "ke_hoach": (
        "Kế hoạch kiểm tra {matter} năm {year}",
        "Kế hoạch triển khai {matter} 6 tháng cuối năm {year}",
    ),
    "phuong_an": ("Phương án ứng cứu sự cố trong {matter} tại {place}",),
    "de_an": ("Đề án nâng cao hiệu quả {matter} giai đoạn {year}–{later}",),
    "du_an": ("Dự án đầu tư hệ thống thông tin phục vụ {matter}",),
    "bao_cao": (
        "Báo cáo kết quả {matter} quý {quarter} năm {year}",
        "Báo cáo sơ kết 6 tháng đầu năm {year} về {matter}",
        "Báo cáo giải trình, tiếp thu ý kiến thẩm tra về {matter}",
    ),
    "bien_ban": ("Biên bản làm việc về {matter} với Ủy ban nhân dân tỉnh {place}",),
    "to_trinh": (
        "Tờ trình về việc ban hành Nghị định quy định về {matter}",
        "Tờ trình phê duyệt chủ trương đầu tư {matter}",
    ),
    "hop_dong": ("Hợp đồng cung cấp dịch vụ tư vấn về {matter}",),
    "cong_dien": ("Công điện về việc bảo đảm thông tin liên lạc ứng phó bão số {month} tại {place}",),
    "ban_ghi_nho": ("Bản ghi nhớ hợp tác về {matter} giai đoạn {year}–{later}",),
    "ban_thoa_thuan": ("Bản thỏa thuận phối hợp về {matter} với tỉnh {place}",),
    "giay_uy_quyen": ("Giấy ủy quyền ký hồ sơ quyết toán nhiệm vụ {matter}",),
    "giay_moi": (
        "Giấy mời dự họp về {matter} tại trụ sở Văn phòng Chính phủ",
        "Giấy mời dự Hội thảo quốc gia về {matter} tại {place}",
    ),
    "giay_gioi_thieu": ("Giấy giới thiệu cán bộ đến liên hệ công tác về {matter}",),
    "giay_nghi_phep": ("Giấy nghỉ phép năm {year} của công chức biệt phái",),
    "phieu_gui": ("Phiếu gửi hồ sơ, tài liệu về {matter}",),
    "phieu_chuyen": ("Phiếu chuyển đơn kiến nghị của công dân tỉnh {place} về {matter}",),
    "phieu_bao": ("Phiếu báo kết quả tiếp nhận hồ sơ về {matter}",),
    "thu_cong": ("Thư chúc mừng nhân ngày truyền thống ngành, gửi Bộ Thông tin và Truyền thông",),
    "sao_y": ("Sao y Quyết định phê duyệt Kế hoạch {matter} năm {year}",),
    "trich_sao": ("Trích sao Nghị quyết của Chính phủ, phần giao nhiệm vụ về {matter}",),
    "sao_luc": ("Sao lục Chỉ thị của Thủ tướng Chính phủ về {matter}",),
}

PLACES = (
    "Lào Cai", "Quảng Ninh", "Nghệ An", "Đắk Lắk", "Cà Mau", "Thừa Thiên Huế", "Đà Nẵng", "Cần Thơ", "Điện Biên",
    "Hà Giang", "Bình Định", "An Giang", "Kiên Giang", "Phú Yên",
)  # fmt: skip

# Who signs for whom, by the beginning of the name.
SIGNERS = {
    "Văn phòng Chính phủ": "Phó Chủ nhiệm",
    "Thanh tra Chính phủ": "Phó Tổng Thanh tra",
    "Ngân hàng": "Phó Thống đốc",
    "Kiểm toán": "Phó Tổng Kiểm toán nhà nước",
    "Ủy ban": "Phó Chủ tịch",
    "Sở": "Phó Giám đốc",
    "Tập đoàn": "Phó Tổng Giám đốc",
    "Tổng công ty": "Phó Tổng Giám đốc",
    "Đài": "Phó Tổng Giám đốc",
    "Thông tấn xã": "Phó Tổng Giám đốc",
    "Hội": "Phó Chủ tịch",
    "Bộ": "Thứ trưởng",
}
CITIES = {"Đà Nẵng", "Cần Thơ"}
CENTRAL = tuple(
    issuer for issuer in ISSUERS if issuer[0].startswith(("Văn phòng", "Bộ", "Thanh tra", "Ngân", "Kiểm"))
)
# What not only the centre writes: kinds, and official letters by their beginning.
EVERYBODYS = {
    "bao_cao",
    "bien_ban",
    "giay_gioi_thieu",
    "giay_nghi_phep",
    "phieu_gui",
    "phieu_bao",
    "thu_cong",
}
EVERYBODYS |= {"hop_dong", "ban_thoa_thuan", "ban_ghi_nho", "phuong_an"}
EVERYBODYS_LETTERS = ("V/v báo cáo", "V/v cung cấp", "V/v cử cán bộ", "V/v phối hợp", "V/v đăng ký")


def issuers_of(kind: str, subject: str) -> tuple:
    """Return who may have written it: nobody but the Government's office speaks for the Prime Minister."""
    place = next((place for place in PLACES if place in subject), "")
    if kind == "cong_dien":
        return ((f"Ủy ban nhân dân {'thành phố' if place in CITIES else 'tỉnh'} {place}", "UBND", ("VP",)),)
    if "Thủ tướng" in subject or "Văn phòng Chính phủ" in subject:
        return ISSUERS[:1]
    if kind not in EVERYBODYS and not subject.startswith(EVERYBODYS_LETTERS):
        return CENTRAL
    is_of_here = lambda name: not name.startswith(("Ủy ban", "Sở")) or not place or place in name  # noqa: E731
    return tuple(issuer for issuer in ISSUERS if is_of_here(issuer[0]))


def signer_of(issuer: str) -> str:
    """Return the post of who signs for the issuer."""
    return next(post for beginning, post in SIGNERS.items() if issuer.startswith(beginning))


INSTRUCTIONS = (
    "Chủ trì nghiên cứu, dự thảo văn bản trả lời, trình Lãnh đạo Bộ ký trước thời hạn.",
    "Phối hợp với các đơn vị liên quan tổng hợp số liệu, báo cáo Lãnh đạo Bộ.",
    "Xem xét, đề xuất ý kiến tham gia của Bộ.",
    "Triển khai thực hiện theo thẩm quyền, báo cáo kết quả.",
    "Bố trí lãnh đạo đơn vị tham dự, chuẩn bị ý kiến phát biểu của Bộ.",
    "Rà soát quy định hiện hành, tham mưu văn bản hướng dẫn.",
)

REPORTS = (
    "Đã trình Lãnh đạo Bộ ký văn bản trả lời, gửi đúng hạn.",
    "Đã tổng hợp ý kiến các đơn vị và gửi cơ quan chủ trì.",
    "Đã cử người tham dự, báo cáo kết quả cuộc họp kèm theo.",
    "Đã báo cáo số liệu qua hệ thống thông tin báo cáo của Chính phủ.",
)

# What waits for the named sign-ins: subject's number in SUBJECTS["cong_van"], matter, days until due, instruction
WAITING = {
    "nhanvien": (
        (0, "cải cách hành chính", -2, 0), (8, "chuyển đổi số", 0, 2), (2, "phát triển kinh tế số và xã hội số", 2, 1),
        (10, "an toàn thông tin mạng", 4, 1), (3, "sử dụng ngân sách nhà nước", 6, 5), (1, "quản lý thuê bao di động", 11, 2),
    ),
    "lanhdao": (
        (7, "dịch vụ công trực tuyến", 0, 3), (9, "bưu chính công ích", 1, 0), (1, "công nghiệp công nghệ số", 3, 2),
        (6, "kết nối và chia sẻ dữ liệu", 5, 4), (4, "phát triển hạ tầng số", 8, 2),
    ),
    "quantri.donvi": ((0, "tiết kiệm, chống lãng phí", 1, 1), (8, "thi đua, khen thưởng", 5, 2), (2, "bưu chính công ích", 9, 1)),
    "quantri": (
        (3, "an toàn thông tin mạng", -1, 3), (5, "nền tảng tích hợp, chia sẻ dữ liệu cấp bộ", 2, 4),
        (0, "kết nối và chia sẻ dữ liệu", 4, 1),
    ),
}  # fmt: skip

PARAGRAPHS = (
    "Thực hiện ý kiến chỉ đạo của Thủ tướng Chính phủ về {matter}, cơ quan chúng tôi đã phối hợp với các bộ, ngành "
    "và địa phương rà soát tình hình triển khai, đánh giá kết quả đạt được và những khó khăn, vướng mắc.",
    "Đề nghị quý cơ quan nghiên cứu, tổng hợp số liệu theo biểu mẫu kèm theo, gửi văn bản trả lời trước ngày {due} "
    "để tổng hợp, báo cáo cấp có thẩm quyền theo quy định.",
    "Trong quá trình thực hiện, nếu có khó khăn, vướng mắc, đề nghị liên hệ đầu mối phụ trách để được hướng dẫn. "
    "Kinh phí thực hiện được bố trí trong dự toán ngân sách nhà nước giao hằng năm.",
    "Trân trọng cảm ơn sự phối hợp của quý cơ quan./.",
)
