"""The words of the demo's tasks; ``{quarter}``, ``{month}``, ``{year}``, ``{next}`` fit the day."""

# Given by the leadership of the ministry to a unit: title, expected result.
FOR_UNITS = [
    (
        "Xây dựng báo cáo kết quả thực hiện nhiệm vụ Chính phủ giao tháng {month}",
        "Báo cáo trình Lãnh đạo Bộ ký",
    ),
    ("Rà soát, cập nhật Danh mục dịch vụ công trực tuyến toàn trình", "Dự thảo Quyết định sửa đổi"),
    (
        "Chuẩn bị nội dung làm việc với Ủy ban nhân dân tỉnh về chuyển đổi số",
        "Tài liệu làm việc và dự thảo kết luận",
    ),
    (
        "Tổng hợp ý kiến của các đơn vị đối với dự thảo Nghị định về giao dịch điện tử",
        "Bản tổng hợp, giải trình ý kiến",
    ),
    (
        "Báo cáo tình hình giải ngân vốn đầu tư công quý {quarter} năm {year}",
        "Báo cáo gửi Bộ Kế hoạch và Đầu tư",
    ),
    ("Trả lời kiến nghị của cử tri gửi tới kỳ họp Quốc hội", "Dự thảo công văn trả lời"),
    ("Xây dựng Kế hoạch công tác năm {next} của đơn vị", "Kế hoạch được Thủ trưởng đơn vị ký"),
    ("Đánh giá kết quả cải cách hành chính quý {quarter} năm {year}", "Báo cáo và bảng tự chấm điểm"),
    ("Kiểm tra việc thực hiện quy chế bảo đảm an toàn thông tin mạng", "Biên bản kiểm tra, danh mục tồn tại"),
    ("Chuẩn bị tài liệu Hội nghị giao ban Bộ tháng {month}", "Bộ tài liệu trình Chánh Văn phòng"),
    (
        "Hoàn thiện hồ sơ trình Thủ tướng Chính phủ phê duyệt Chiến lược hạ tầng số",
        "Hồ sơ trình theo Quy chế làm việc",
    ),
    ("Rà soát văn bản quy phạm pháp luật hết hiệu lực trong năm {year}", "Danh mục văn bản hết hiệu lực"),
    ("Tham mưu phương án sắp xếp đơn vị sự nghiệp công lập trực thuộc Bộ", "Phương án trình Ban Cán sự"),
    (
        "Xây dựng định mức kinh tế – kỹ thuật dịch vụ sự nghiệp công lĩnh vực thông tin cơ sở",
        "Dự thảo Thông tư",
    ),
    ("Tổ chức diễn tập ứng cứu sự cố an toàn thông tin năm {year}", "Báo cáo kết quả diễn tập"),
    ("Rà soát quy hoạch tần số vô tuyến điện băng tần 3,5 GHz", "Báo cáo đề xuất"),
    ("Chuẩn bị nội dung đoàn công tác của Bộ tham dự hội nghị quốc tế về viễn thông", "Đề án đoàn ra"),
    ("Báo cáo công tác phòng, chống tham nhũng, tiêu cực quý {quarter}", "Báo cáo gửi Thanh tra Chính phủ"),
    ("Kiện toàn Ban Chỉ đạo chuyển đổi số của Bộ", "Dự thảo Quyết định kiện toàn"),
    ("Đôn đốc các doanh nghiệp viễn thông báo cáo số liệu tháng {month}", "Bảng tổng hợp số liệu"),
]
# Given by the leaders of a unit to one of its people.
FOR_PEOPLE = [
    ("Soạn công văn đôn đốc các đơn vị gửi báo cáo tháng {month}", "Dự thảo công văn"),
    ("Tổng hợp số liệu phục vụ báo cáo quý {quarter}", "Bảng số liệu đã đối chiếu"),
    ("Góp ý dự thảo Thông tư do đơn vị bạn chủ trì", "Dự thảo văn bản góp ý"),
    ("Chuẩn bị phòng họp và tài liệu họp giao ban đơn vị", ""),
    ("Rà soát hồ sơ công việc năm {year}, nộp lưu trữ cơ quan", "Mục lục hồ sơ nộp lưu"),
    ("Lập dự toán chi thường xuyên năm {next} của phòng", "Bảng dự toán"),
    ("Viết bài phổ biến quy định mới về công tác văn thư cho cổng thông tin", "Bài viết khoảng 800 từ"),
    ("Kiểm tra thể thức các văn bản trình ký trong tuần", "Phiếu kiểm tra"),
    ("Theo dõi, cập nhật tiến độ các nhiệm vụ được giao trên hệ thống", ""),
    ("Xây dựng đề cương báo cáo tổng kết công tác năm {year}", "Đề cương báo cáo"),
    ("Đối chiếu công nợ tạm ứng quý {quarter}", "Biên bản đối chiếu"),
    ("Dự thảo giấy mời và danh sách đại biểu hội nghị tập huấn", "Giấy mời, danh sách đại biểu"),
    ("Tổng hợp đăng ký đào tạo, bồi dưỡng năm {next}", "Danh sách đăng ký"),
    ("Rà soát thủ tục hành chính thuộc phạm vi quản lý", "Bảng rà soát theo mẫu"),
    ("Cập nhật danh bạ, sơ đồ tổ chức của đơn vị", ""),
    ("Chuẩn bị báo cáo thuyết minh quyết toán", "Báo cáo thuyết minh"),
    ("Nghiên cứu, đề xuất phương án ứng dụng ký số trên thiết bị di động", "Báo cáo đề xuất"),
    ("Kiểm kê tài sản, công cụ dụng cụ của phòng", "Biên bản kiểm kê"),
]
REPORTS = [
    "Đã có dự thảo, đang xin ý kiến các phòng liên quan.",
    "Đã nhận số liệu của 12/18 đơn vị; đã gửi thư nhắc các đơn vị còn lại.",
    "Hoàn thành phần I và II. Còn vướng số liệu của các đơn vị sự nghiệp.",
    "Đã họp nhóm soạn thảo, thống nhất bố cục và phân công viết từng phần.",
    "Đang chờ ý kiến của Vụ Pháp chế về thẩm quyền ban hành.",
    "Dự thảo lần 2 đã tiếp thu ý kiến, đang rà soát thể thức.",
]
RESULTS = [
    "Đã trình ký, văn bản số {number}/BTTTT-{code} ngày {day}.",
    "Báo cáo đã gửi đúng hạn, kèm phụ lục số liệu.",
    "Đã hoàn thành, hồ sơ lưu tại phòng.",
    "Kết quả kèm theo Tờ trình số {number}/TTr-{code} ngày {day}.",
]
REASONS_TO_RETURN = [
    "Số liệu phần II chưa khớp với báo cáo quý trước, đề nghị rà soát lại.",
    "Cần bổ sung đánh giá nguyên nhân và kiến nghị cụ thể.",
]
REASONS_TO_EXTEND = [
    "Năm đơn vị chưa gửi số liệu; phần còn lại đã hoàn thành. Đề nghị lùi thời hạn để tổng hợp đầy đủ.",
    "Cần lấy thêm ý kiến bằng văn bản của Bộ Tài chính trước khi trình.",
]
COMMENTS = [
    "Lưu ý phối hợp với Văn phòng để thống nhất số liệu.",
    "Em gửi kèm số liệu kỳ trước để anh chị tham khảo.",
    "Đề nghị báo cáo tiến độ vào sáng thứ Sáu hằng tuần.",
]
DESCRIPTIONS = [
    "Thực hiện theo chỉ đạo tại cuộc họp giao ban. Bám sát đề cương, số liệu tính đến hết tháng {month}; "
    "nêu rõ kết quả, tồn tại, nguyên nhân và kiến nghị.",
    "Chủ động phối hợp với các đơn vị liên quan. Khó khăn, vướng mắc vượt thẩm quyền thì báo cáo ngay.",
    "",
]

# The open tasks of the officer whom visitors try first: title, result, days to the deadline (None: no
# deadline), progress, who gave it ("head": of the division, "director": of the department, "": own).
OF_THE_OFFICER = [
    (
        "Trả lời công văn về báo cáo cải cách hành chính quý {quarter}",
        "Dự thảo công văn trả lời",
        -2,
        70,
        "head",
    ),
    ("Góp ý dự thảo Quyết định danh mục dịch vụ công trực tuyến", "Văn bản góp ý", 0, 40, "director"),
    ("Tổng hợp nhu cầu vốn đầu tư công năm {next} của các đơn vị", "Biểu tổng hợp", 1, 55, "head"),
    ("Lập kế hoạch ứng dụng công nghệ thông tin năm {next} của Vụ", "Dự thảo Kế hoạch", 4, 60, "director"),
    (
        "Thẩm định hồ sơ đề xuất chủ trương đầu tư dự án Trung tâm dữ liệu",
        "Báo cáo thẩm định",
        9,
        15,
        "director",
    ),
    ("Chuẩn bị số liệu làm việc với Kiểm toán nhà nước", "Bảng số liệu", 16, 0, "head"),
    ("Đọc lại Luật Đầu tư công sửa đổi, ghi các điểm mới", "", 6, 0, ""),
    ("Đăng ký lớp bồi dưỡng quản lý dự án", "", None, 0, ""),
]
OF_THE_CLERK = [
    ("Rà soát văn bản đến chưa chuyển xử lý trong tuần", "Danh sách văn bản", -1, 80, "head"),
    ("Lập Danh mục hồ sơ năm {next} của Văn phòng Bộ", "Dự thảo Danh mục hồ sơ", 5, 30, "head"),
    ("Bàn giao hồ sơ năm {year} vào lưu trữ cơ quan", "Biên bản bàn giao", 20, 0, "director"),
    ("Kiểm tra con dấu, sổ đăng ký văn bản trước khi khóa sổ năm", "", 12, 0, ""),
]
OF_THE_UNIT_ADMIN = [
    ("Cập nhật trang giới thiệu và danh bạ của Vụ", "Trang của Vụ đã cập nhật", 0, 50, "director"),
    ("Tổng hợp chấm công, nghỉ phép tháng {month}", "Bảng tổng hợp", 2, 20, "head"),
    ("Chuẩn bị Hội nghị cán bộ, công chức năm {year} của Vụ", "Kế hoạch tổ chức hội nghị", 11, 0, "director"),
    ("Đề nghị cấp tài khoản cho hai chuyên viên mới", "", 1, 0, ""),
]
OF_THE_SYSTEM_ADMIN = [
    ("Bảo trì hệ thống thư điện tử tối thứ Bảy", "Nhật ký bảo trì", 3, 10, "director"),
    ("Kiểm tra sao lưu dữ liệu quý {quarter}", "Biên bản khôi phục thử", -3, 60, "director"),
    ("Gia hạn chứng thư số máy chủ", "Chứng thư số mới", 7, 0, ""),
    (
        "Rà soát tài khoản của người đã nghỉ hưu, chuyển công tác",
        "Danh sách tài khoản đã khóa",
        0,
        30,
        "director",
    ),
]
OF_THE_LEADER = [
    ("Đọc và cho ý kiến dự thảo Báo cáo tổng kết công tác năm {year}", "", 2, 0, ""),
    ("Chuẩn bị ý kiến phát biểu tại Hội nghị chuyển đổi số quốc gia", "", 5, 0, ""),
]
