"""What the demo's messages say. In braces: unit, other, day, soon, month, quarter, year, next, number, room, count."""

# Where messages come from that no person sends.
OFFICES = {
    "vanphong": "Văn phòng Bộ",
    "trungtamthongtin": "Trung tâm Thông tin",
    "congdoan": "Công đoàn Bộ",
    "lichcongtac": "Lịch công tác Bộ",
    "tochuccanbo": "Vụ Tổ chức cán bộ",
    "dangbo": "Văn phòng Đảng ủy",
}

# Subject, then paragraphs. A thread goes on with answers from ANSWERS and THANKS.
LETTERS = [
    (
        "Đề nghị góp ý dự thảo Kế hoạch ứng dụng CNTT năm {next}",
        "Thực hiện chỉ đạo của Lãnh đạo Bộ, {other} đã xây dựng dự thảo Kế hoạch ứng dụng công nghệ thông tin năm {next}.",
        "Đề nghị {unit} nghiên cứu, góp ý bằng văn bản và gửi về trước ngày {soon} để tổng hợp, trình Lãnh đạo Bộ.",
    ),
    (
        "Số liệu giải ngân quý {quarter}",
        "Em gửi anh/chị số liệu giải ngân quý {quarter} của các dự án do đơn vị làm chủ đầu tư, tính đến ngày {day}.",
        "Tỷ lệ giải ngân đạt {count} % kế hoạch. Hai dự án còn vướng mắc ở khâu nghiệm thu, em đã ghi rõ trong bảng.",
        "Nhờ anh/chị xem giúp, nếu cần chỉnh sửa xin báo lại trước 16h00 ngày {soon}.",
    ),
    (
        "V/v chuẩn bị nội dung họp giao ban tháng {month}",
        "Kính gửi Lãnh đạo các phòng,",
        "Họp giao ban tháng {month} dự kiến tổ chức tại {room}. Đề nghị các phòng gửi báo cáo kết quả công tác "
        "và vướng mắc cần Lãnh đạo giải quyết trước ngày {soon}.",
        "Báo cáo không quá 02 trang, nêu rõ việc đã xong, việc chậm và lý do.",
    ),
    (
        "Báo cáo cải cách hành chính quý {quarter}",
        "Kính gửi anh/chị, {other} đã hoàn thành báo cáo cải cách hành chính quý {quarter} theo đề cương của Văn phòng Bộ.",
        "Trong quý có {count} thủ tục được tiếp nhận trực tuyến, không có hồ sơ quá hạn.",
    ),
    (
        "Xin ý kiến về dự thảo Thông tư hướng dẫn",
        "Vụ Pháp chế đã thẩm định lần một dự thảo Thông tư. Các ý kiến chính tập trung vào Điều 5 và Điều 12.",
        "Em đã tiếp thu và chỉnh lý, những chỗ giữ nguyên có giải trình kèm theo. "
        "Nhờ anh/chị cho ý kiến cuối trước khi trình ký.",
    ),
    (
        "Lịch kiểm tra công tác văn thư, lưu trữ năm {year}",
        "Văn phòng Bộ thông báo lịch kiểm tra công tác văn thư, lưu trữ tại các đơn vị. Đoàn làm việc tại {unit} vào ngày {soon}.",
        "Đề nghị đơn vị chuẩn bị sổ đăng ký văn bản đến, văn bản đi và danh mục hồ sơ của năm {year}.",
    ),
    (
        "Rà soát danh mục tài sản công",
        "Để phục vụ kiểm kê cuối năm, đề nghị các phòng rà soát danh mục tài sản được giao, đối chiếu mã số và tình trạng sử dụng.",
        "Biểu mẫu đính kèm. Hạn gửi: ngày {soon}.",
    ),
    (
        "Đăng ký nhu cầu đào tạo, bồi dưỡng năm {next}",
        "Vụ Tổ chức cán bộ đề nghị các đơn vị đăng ký nhu cầu đào tạo, bồi dưỡng công chức, viên chức năm {next}.",
        "Mỗi đơn vị cử không quá {count} người cho lớp quản lý nhà nước ngạch chuyên viên chính.",
    ),
    (
        "Tài liệu họp Ban Chỉ đạo chuyển đổi số",
        "Em gửi tài liệu phiên họp Ban Chỉ đạo chuyển đổi số ngày {soon}: chương trình, báo cáo tổng hợp và dự thảo kết luận.",
        "Anh/chị nào không dự được xin báo lại để em điều chỉnh danh sách đại biểu.",
    ),
    (
        "Đề nghị cung cấp số liệu thuê bao băng rộng",
        "{other} đang tổng hợp số liệu phục vụ báo cáo Chính phủ. Đề nghị {unit} cung cấp số liệu thuê bao băng rộng cố định "
        "đến hết tháng {month}.",
        "Số liệu xin gửi theo biểu kèm theo, làm tròn đến nghìn thuê bao.",
    ),
    (
        "Hồ sơ trình phê duyệt kế hoạch lựa chọn nhà thầu",
        "Hồ sơ trình phê duyệt kế hoạch lựa chọn nhà thầu gói thầu số {number} đã đủ thành phần.",
        "Riêng dự toán còn thiếu báo giá thứ ba, em đang liên hệ bổ sung và sẽ gửi trong ngày {soon}.",
    ),
    (
        "Góp ý Quy chế bảo đảm an toàn thông tin mạng",
        "Trung tâm Thông tin xin ý kiến về dự thảo Quy chế bảo đảm an toàn thông tin mạng của Bộ.",
        "Đề nghị lưu ý quy định về mật khẩu, thiết bị cá nhân và trách nhiệm báo cáo sự cố trong vòng 24 giờ.",
    ),
    (
        "Phân công trực cơ quan tháng {month}",
        "Kính gửi các đồng chí, Văn phòng Bộ gửi bảng phân công trực cơ quan tháng {month}.",
        "Trường hợp cần đổi ca, đề nghị báo Phòng Hành chính trước ít nhất 02 ngày làm việc.",
    ),
    (
        "Công văn số {number}/BTTTT-KHTC cần xử lý",
        "Văn bản nêu trên đã được Lãnh đạo Vụ giao cho phòng mình chủ trì, hạn trả lời là ngày {soon}.",
        "Em đã dự thảo nội dung trả lời, nhờ anh/chị xem và cho ý kiến.",
    ),
    (
        "Kết quả khảo sát mức độ hài lòng",
        "Gửi anh/chị kết quả khảo sát mức độ hài lòng về dịch vụ công trực tuyến: {count} % người dùng đánh giá tốt trở lên.",
        "Ý kiến chưa hài lòng chủ yếu về thời gian trả kết quả và cách đính kèm tệp.",
    ),
    (
        "Thông báo kết luận cuộc họp ngày {day}",
        "Văn phòng Bộ gửi Thông báo kết luận cuộc họp ngày {day} về tiến độ các nhiệm vụ trọng tâm.",
        "Đề nghị các đơn vị được giao nhiệm vụ cập nhật tiến độ trên hệ thống theo dõi trước ngày {soon}.",
    ),
    (
        "Nghiệm thu đề tài cấp Bộ",
        "Hội đồng nghiệm thu đề tài họp vào 14h00 ngày {soon} tại {room}.",
        "Báo cáo tóm tắt và phiếu nhận xét gửi kèm. Rất mong anh/chị thu xếp tham dự.",
    ),
    (
        "Đề xuất bố trí kinh phí sửa chữa",
        "Khu làm việc tầng 3 bị thấm trần sau đợt mưa vừa qua. Phòng đề xuất bố trí kinh phí sửa chữa trong dự toán năm {year}.",
        "Khái toán sơ bộ và ảnh hiện trạng gửi kèm theo thư này.",
    ),
    (
        "Tổng hợp kiến nghị của địa phương",
        "Đến ngày {day} đã có {count} Sở Thông tin và Truyền thông gửi kiến nghị. Em đã phân nhóm theo lĩnh vực.",
        "Đề nghị các đơn vị chức năng dự thảo trả lời phần việc của mình trước ngày {soon}.",
    ),
    (
        "Mời viết bài cho Kỷ yếu của Bộ",
        "Ban biên tập mời các đơn vị viết bài về những việc làm được trong năm {year}, dài khoảng 1.000 từ, có ảnh minh họa.",
        "Bài gửi về trước ngày {soon}. Trân trọng cảm ơn.",
    ),
]

ANSWERS = [
    "Em cảm ơn anh/chị. Em đã nhận được và sẽ gửi lại ý kiến trước thời hạn.",
    "Phòng tôi thống nhất với nội dung dự thảo, không có ý kiến gì thêm.",
    "Anh/chị cho em hỏi thêm: số liệu ở mục II đã gồm các đơn vị sự nghiệp chưa ạ?",
    "Đề nghị bổ sung căn cứ pháp lý ở phần mở đầu và thống nhất lại tên gọi đơn vị cho đúng quy định.",
    "Tôi đã trao đổi với Lãnh đạo phòng. Đề nghị lùi thời hạn thêm 02 ngày làm việc để rà soát kỹ.",
    "Em gửi lại bản đã chỉnh sửa. Những chỗ thay đổi em đánh dấu bằng chế độ theo dõi sửa đổi.",
]
THANKS = [
    "Vâng, em đã bổ sung theo ý kiến của anh/chị. Cảm ơn anh/chị.",
    "Đã nhận, cảm ơn đồng chí. Tôi sẽ trình Lãnh đạo trong hôm nay.",
    "Số liệu đã gồm các đơn vị sự nghiệp, em ghi chú thêm ở cuối bảng để dễ theo dõi.",
    "Thống nhất. Nhờ em hoàn thiện và phát hành giúp.",
]

# Office, subject, paragraphs.
NOTICES = [
    (
        "trungtamthongtin",
        "Bảo trì hệ thống thư điện tử tối thứ Bảy",
        "Trung tâm Thông tin bảo trì hệ thống thư điện tử từ 20h00 đến 23h00 thứ Bảy tuần này. Trong thời gian này thư đến "
        "vẫn được nhận và lưu lại, người dùng có thể chưa mở được hộp thư.",
    ),
    (
        "trungtamthongtin",
        "Cảnh báo thư giả mạo yêu cầu đổi mật khẩu",
        "Gần đây có thư giả mạo Trung tâm Thông tin yêu cầu đổi mật khẩu qua đường dẫn lạ. Trung tâm không bao giờ hỏi mật khẩu "
        "qua thư. Nếu đã bấm vào đường dẫn, hãy đổi mật khẩu ngay và báo số máy lẻ 1090.",
    ),
    (
        "vanphong",
        "Lịch nghỉ và phân công trực dịp lễ",
        "Văn phòng Bộ thông báo lịch nghỉ và phân công trực. Các đơn vị kiểm tra điện, nước, niêm phong phòng làm việc trước khi nghỉ.",
    ),
    (
        "vanphong",
        "Thay đổi giờ gửi xe tại trụ sở",
        "Từ ngày {soon}, nhà xe mở cửa từ 6h30 đến 19h00. Xe để qua đêm cần đăng ký với Phòng Hành chính.",
    ),
    (
        "congdoan",
        "Giải cầu lông truyền thống của Bộ",
        "Công đoàn Bộ tổ chức giải cầu lông truyền thống vào cuối tháng {month}. Các công đoàn bộ phận đăng ký vận động viên "
        "trước ngày {soon}. Rất mong đoàn viên tham gia đông đủ.",
    ),
    (
        "congdoan",
        "Vận động ủng hộ đồng bào vùng lũ",
        "Hưởng ứng lời kêu gọi, Công đoàn Bộ vận động mỗi đoàn viên ủng hộ ít nhất một ngày lương. "
        "Danh sách đóng góp gửi về Công đoàn trước ngày {soon}.",
    ),
    (
        "lichcongtac",
        "Lịch công tác tuần của Lãnh đạo Bộ",
        "Lịch công tác tuần của Lãnh đạo Bộ đã được cập nhật. Các đơn vị được phân công chuẩn bị nội dung xem chi tiết "
        "trên trang Lịch và gửi tài liệu trước cuộc họp ít nhất 01 ngày.",
    ),
    (
        "tochuccanbo",
        "Kê khai bổ sung hồ sơ cán bộ",
        "Đề nghị công chức, viên chức rà soát, kê khai bổ sung văn bằng, chứng chỉ và thông tin gia đình trước ngày {soon}.",
    ),
    (
        "dangbo",
        "Tài liệu sinh hoạt chi bộ tháng {month}",
        "Văn phòng Đảng ủy gửi tài liệu sinh hoạt chi bộ tháng {month}. Đề nghị các chi bộ tổ chức sinh hoạt đúng quy định "
        "và gửi biên bản trước ngày 10 tháng sau.",
    ),
]

FILES = [
    ("Dự thảo kế hoạch năm {next}.docx", "docx"),
    ("Biểu tổng hợp số liệu quý {quarter}.xlsx", "xlsx"),
    ("Báo cáo tháng {month} năm {year}.pdf", "pdf"),
    ("Ảnh hiện trạng.png", "png"),
    ("Tờ trình số {number}.pdf", "pdf"),
    ("Danh sách đại biểu.xlsx", "xlsx"),
]
ROOMS = ["phòng họp 201, nhà A", "phòng họp 305, nhà B", "hội trường tầng 2", "phòng họp trực tuyến tầng 7"]
FOLDERS = ["Họp giao ban", "Dự án/Hạ tầng số"]
JUNK = ("Khuyến mại lớn: giảm 50 % vé máy bay", "Ưu đãi chỉ trong hôm nay. Bấm vào đây để nhận mã giảm giá.")
