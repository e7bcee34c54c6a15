"""The vocabulary of time phrases: which Vietnamese words make which terminal of `phrases.lark`.

Words are given in their normal spelling (hằng, quý, kỳ); `spelling.py` maps the variants onto them. The longest
entry wins. Words that are in no entry are plain text.
"""

from __future__ import annotations

_TERMINALS = """
NGAY: ngày|mùng|mồng|ngày mùng|ngày mồng
THANG: tháng|t
QUY: quý|q
NAM: năm|năm kế hoạch|năm ngân sách|năm dương lịch
TUAN: tuần|tuần lễ
KY: kỳ báo cáo|kỳ|kỳ hạn
NAM_HOC: năm học
HOC_KY: học kỳ|hk
GIAI_DOAN: giai đoạn|thời kỳ|nhiệm kỳ
WDAY: ngày làm việc
SUNDAY: chủ nhật
THU: thứ
LAN: lần
HANG: hằng|mỗi|từng|mỗi một|theo từng|đều đặn hằng
DINH_KY: định kỳ|thường kỳ
TRUOC: trước|xong trước
CHAM_NHAT: chậm nhất|muộn nhất|trễ nhất|không quá|không muộn hơn|không chậm hơn|không trễ hơn|hạn cuối|hạn chót|
    thời hạn|
    hạn|thời hạn cuối cùng|hạn cuối cùng|hạn hoàn thành|thời hạn hoàn thành|hạn nộp|hạn báo cáo|thời hạn báo cáo|
    thời hạn gửi báo cáo|thời hạn gửi|không vượt quá|trước hoặc trong|trước và trong|chậm nhất trong|không để quá
DEN: đến|tới|cho đến|cho tới|kéo dài đến
HET: hết|đến hết|cho đến hết|tới hết
TRONG: trong|xong trong|trong suốt|trong khoảng|trong thời gian|trong khoảng thời gian|ngay trong|nội trong
TRONG_VONG: trong vòng|trong thời hạn|trong hạn
TU: từ|kể từ|bắt đầu từ|tính từ|bắt đầu|bắt đầu kể từ|ngay từ|thực hiện từ|áp dụng từ
TU_NAY: từ nay|kể từ nay|từ bây giờ|từ giờ|từ nay trở đi|từ thời điểm này|từ ngày ban hành|từ ngày ban hành kế hoạch|
    từ khi ban hành|từ khi ban hành kế hoạch|từ ngày ký|từ ngày ký ban hành|kể từ ngày ban hành|kể từ ngày ký|
    kể từ ngày ban hành kế hoạch|kể từ ngày ký ban hành|từ ngày kế hoạch được ban hành|từ khi kế hoạch được ban hành|
    kể từ ngày kế hoạch được ban hành|từ ngày ban hành kế hoạch này|kể từ ngày ban hành kế hoạch này|
    kể từ khi ban hành kế hoạch|kể từ khi kế hoạch được ban hành|kể từ ngày ký ban hành kế hoạch|hiện nay
SAU: sau|sau thời điểm
DAU: đầu|đầu tiên|thượng tuần
GIUA: giữa|trung tuần
CUOI: cuối|cuối cùng|sau cùng|hạ tuần
NUA: nửa
CA: cả|toàn|toàn bộ|trọn|suốt|trong cả|trong toàn bộ|trong suốt cả|hết cả
CONT: suốt quá trình|trong suốt quá trình|trong quá trình|quá trình|thường xuyên|liên tục|thường xuyên liên tục|
    xuyên suốt|quanh năm|lâu dài|duy trì thường xuyên|thường trực|thường nhật|không ngừng|công việc thường xuyên|
    nhiệm vụ thường xuyên
KIP_THOI: kịp thời|ngay lập tức|ngay|khẩn trương|sớm nhất
NOW: thực hiện ngay|triển khai ngay|ngay sau khi ban hành
ONDEMAND: đột xuất|bất thường|bất cứ khi nào
NEXT_YEARS: các năm tiếp theo|những năm tiếp theo|các năm sau|những năm sau|các năm sau đó|những năm sau đó|
    năm tiếp theo và các năm sau|các năm kế tiếp|những năm kế tiếp|các năm liền kề|tiếp theo|các năm về sau|
    những năm tới|các năm tới|hằng năm tiếp theo
TRO_DI: trở đi|trở về sau|về sau|và về sau
NAM_NAY: năm nay|năm này
THANG_SAU: tháng sau|tháng tiếp theo|tháng kế tiếp|tháng liền kề|tháng sau liền kề|tháng liền sau|tháng tiếp sau|
    tháng liền kề sau|tháng tới|tháng kế tiếp liền kề|tháng sau đó|tháng kế
QUY_SAU: quý sau|quý tiếp theo|quý kế tiếp|quý liền kề|quý sau liền kề|quý liền sau|quý tiếp sau|quý liền kề sau|quý kế|
    quý sau đó
KY_SAU: kỳ sau|kỳ tiếp theo|kỳ kế tiếp|kỳ báo cáo sau|kỳ báo cáo tiếp theo|kỳ báo cáo kế tiếp
NAM_SAU: năm sau|năm tiếp theo|năm kế tiếp|năm liền kề|năm sau liền kề|năm liền sau|năm liền kề sau|năm tiếp sau|
    năm sau đó
NAM_TRUOC: năm trước|năm trước liền kề|năm liền trước|năm trước đó|năm liền kề trước
THANG_TRUOC: tháng trước|tháng trước liền kề|tháng liền trước
OUTLOOK: định hướng|tầm nhìn|định hướng và tầm nhìn|và định hướng|và tầm nhìn|và những năm tiếp theo đến
SOFT: phấn đấu|phấn đấu hoàn thành|cố gắng|phấn đấu đạt
ABOUT: dự kiến|khoảng|vào khoảng|dự kiến hoàn thành
ATLEAST: ít nhất|tối thiểu|không ít hơn|không dưới
KET_THUC: kết thúc|ngày kết thúc|khi kết thúc|thời điểm kết thúc|hết|khi hết
VA: và|cùng với|cùng|và/hoặc|đồng thời
HOAC: hoặc|hay|hoặc là
KHI: đến khi|cho đến khi|khi|lúc|ngay khi|mỗi khi|khi nào|chỉ khi|trong trường hợp|trường hợp|nếu
SAU_KHI: sau khi|ngay sau khi|tiếp sau khi|sau ngày|ngay sau ngày|ngay sau
TRUOC_KHI: trước khi|trước thời điểm
THEO: theo|theo từng giai đoạn|căn cứ|căn cứ theo|tùy theo|tùy thuộc|phụ thuộc|theo đúng|thực hiện theo|phù hợp với|
    bám sát|trên cơ sở|tùy tình hình|theo như|tuân theo|tuỳ theo|tuỳ thuộc|phụ thuộc vào|tùy thuộc vào|đúng theo|
    bảo đảm theo|đảm bảo theo
KHONG: không|chưa|trừ|ngoại trừ|ngoài|không phải|âm lịch|al|âl
GOAL: trung hạn|dài hạn
FILL: của|là|vào|các|những|trong đó|thì|mốc|thời điểm|vào lúc|vào thời điểm|bao gồm|gồm|cụ thể|như sau|kể cả|được|xong|
    ngay|đã|phải|cần|thời gian|thời gian thực hiện|thời gian hoàn thành|thời hạn thực hiện|thời điểm hoàn thành|
    thời điểm báo cáo|thời gian báo cáo|một cách|đối với
TEXT: đầu tư|đầu mối|đầu vào|đầu ra|đầu đề|hết sức|từ thiện|từ xa|từ điển|tháng hành động|quý vị|trước mắt|trước hết|
    sau này|lần đầu|kỳ thi|kỳ họp|kỳ nghỉ|kỳ nghỉ hè|kỳ tuyển sinh|kỳ kiểm tra|sau đại học|tuần tra|ngày càng|
    ngày nay|giữa kỳ|cuối kỳ|đầu kỳ|cuối cấp|đầu cấp|cả nước|toàn tỉnh|toàn thành phố|toàn quốc|toàn ngành|toàn dân|
    toàn diện|toàn xã|toàn huyện|theo dõi|năm tài chính|không gian|không khí|liên kết|ngày hội|tháng thanh niên|
    học kỳ hè|kỳ vọng|đến nơi|trong nước|trong sạch|trong và ngoài|ngoài nước|hạn chế|hạn hán|quý báu|
    định hướng nghề nghiệp|không dùng tiền mặt|không chuyên trách|tuần làm việc|lần lượt|cả hệ thống|đúng hạn|
    quá hạn|gia hạn|có hạn|nhu cầu
"""

# Verbs and nouns that may open the clause before a time ("Hoàn thành trình UBND thành phố trong tháng 02").
_LEADS = """
phải|cần|đã|dịp|nhân dịp|nhân|chào mừng|kỷ niệm|chiều|sáng|riêng|hoàn thành|hoàn thiện|hoàn tất|thực hiện|
triển khai|ban hành|trình|xây dựng|tổ chức|báo cáo|gửi|nộp|tham mưu|sơ kết|tổng kết|đánh giá|tổng hợp|rà soát|
kiểm tra|giám sát|khảo sát|công bố|công khai|phê duyệt|thẩm định|cập nhật|bổ sung|sửa đổi|vận hành|đưa|khởi công|
khánh thành|nghiệm thu|bàn giao|kết thúc|bắt đầu|duy trì|xúc tiến|tiếp tục|đẩy mạnh|tăng cường|tuyên truyền|
phổ biến|quán triệt|hướng dẫn|tập huấn|bồi dưỡng|đào tạo|thi|kiểm kê|thống kê|điều tra|lập|đề xuất|kiến nghị|
giải quyết|xử lý|thanh tra|phối hợp|chủ trì|đôn đốc|theo dõi|đăng ký|ký kết|ký|phát động|xét|bình xét|
khen thưởng|biểu dương|chuẩn bị|họp|hội nghị|làm việc|nghiên cứu|đề nghị|yêu cầu|giao|phân công|bố trí|kiện toàn|
sắp xếp|thành lập|sáp nhập|chuyển giao|chuyển đổi|áp dụng|thí điểm|nhân rộng|ứng dụng|kết nối|số hóa|số hoá|đạt|
bảo đảm|đảm bảo|phấn đấu|chậm nhất|được|phát hành|thông báo|niêm yết|cung cấp|chia sẻ|góp ý|lấy ý kiến|tiếp nhận|
chấm điểm|tự đánh giá|tự chấm|kiểm định|công nhận|cấp|thu|chi|thanh toán|quyết toán|giải ngân|đầu tư|mua sắm|
sửa chữa|nâng cấp|xóa|xoá|giảm|tăng|phát triển|củng cố|thời gian|tiến độ|mở|khai giảng|bế giảng|tuyển sinh|
tuyển dụng|định kỳ|kế hoạch|quyết định|dự thảo|đề án|văn bản|chương trình|nghị quyết|sở|ubnd|các đơn vị|đơn vị|
phòng|trường|ủy ban|uỷ ban|lồng ghép|chỉ đạo|quản lý|phân tích|dự báo|xác định|tiến hành|in|cấp phát|trả|
thẩm tra|thông qua|chốt|khóa|khoá|đối thoại|tiếp công dân|tiếp|gặp mặt|sinh hoạt|giao ban|ra quân|phát thanh|
đăng tải|viết|biên soạn|soạn thảo|số liệu|kết quả|lần|đợt|chuyên đề|sơ, tổng kết|tự kiểm tra|nhập|
rút kinh nghiệm|gắn với|khắc phục|chấm dứt|thay thế|lắp đặt|di dời|giải phóng mặt bằng|cắm mốc|quy hoạch|đo đạc|
thu thập|hỗ trợ|chi trả|hoạt động|sử dụng|khai thác|phục vụ|thời hạn
"""

# Words that, beside those, may open the clause after a time ("… về Sở Tài chính", "… qua Sở Nội vụ").
_TAILS = """
về|qua|để|cho|tại|với|cùng|nhằm|theo|của|do|từ|sản phẩm|trên|đến|tới|bằng|như|gồm|trước|mỗi|bước
"""


def _entries(block: str) -> tuple[str, ...]:
    return tuple(block.replace("\n", "").split("|"))


def _terminals() -> dict[str, str]:
    """Terminal -> its entries, from lines "NAME: entry|entry" and indented lines that go on."""
    found: dict[str, str] = {}
    name = ""
    for line in _TERMINALS.strip().splitlines():
        if not line.startswith(" "):
            name, line = line.split(": ", 1)  # noqa: PLW2901  (the rest of the first line)
            found[name] = ""
        found[name] += line.strip()
    return found


def _table() -> dict[tuple[str, ...], str]:
    table: dict[tuple[str, ...], str] = {}
    for terminal, entries in WORDS.items():
        for entry in entries.split("|"):
            table.setdefault(tuple(entry.split()), terminal)
    return table


WORDS = _terminals()
LEADS = _entries(_LEADS)
TAILS = LEADS + _entries(_TAILS)
LEXICON = _table()
LONGEST = max(len(words) for words in LEXICON)
