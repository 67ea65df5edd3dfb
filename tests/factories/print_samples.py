"""The four documents of a sale as data, for the print tests and for looking at."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from app.platform.prints import Letterhead, PartyBlock, PrintColumn, PrintField, PrintTotal, PrintView, address_lines

_ITEM = PrintColumn("field.item_id", "item", weight=3, detail="detail")
_CODE = PrintColumn("field.item_code", "code", weight=0)
_QUANTITY = PrintColumn("field.quantity", "quantity", "quantity")
_UNIT = PrintColumn("field.unit_id", "unit", weight=0)
_PRICED = (
    _CODE,
    _ITEM,
    _QUANTITY,
    _UNIT,
    PrintColumn("field.price", "price", "price"),
    PrintColumn("field.discount_percent", "discount", "percent", optional=True),
    PrintColumn("field.tax_rate", "tax_rate", "percent"),
    PrintColumn("field.net_amount", "net", "money"),
)
_TOTALS = (
    PrintTotal("field.net", "net"),
    PrintTotal("field.tax", "tax"),
    PrintTotal("print.total", "gross", strong=True),
)
_NOTES = (PrintField("print.terms", "terms"), PrintField("print.notes", "memo"))

QUOTATION = PrintView(
    "sales.quotation",
    title="print.quotation",
    columns=_PRICED,
    right=(
        PrintField("field.quoted_on", "on", "day"),
        PrintField("field.valid_until", "until", "day"),
        PrintField("field.salesperson_id", "salesperson"),
        PrintField("field.payment_term_id", "payment_term"),
        PrintField("field.currency", "currency"),
    ),
    totals=_TOTALS,
    words="gross",
    notes=_NOTES,
    signatures=("print.seller_signature", "print.buyer_signature"),
)
ORDER = PrintView(
    "sales.order",
    title="print.order",
    columns=_PRICED,
    right=(*QUOTATION.right[:1], *QUOTATION.right[2:]),
    left=(
        PrintField("field.customer_reference", "their_number"),
        PrintField("field.promised_on", "until", "day"),
        PrintField("field.incoterm", "incoterm"),
    ),
    totals=_TOTALS,
    words="gross",
    notes=_NOTES,
    signatures=QUOTATION.signatures,
)
DELIVERY = PrintView(
    "inventory.delivery",
    title="print.delivery_note",
    columns=(_CODE, _ITEM, _QUANTITY, _UNIT, PrintColumn("field.lot", "lot", weight=1)),
    right=(
        PrintField("field.delivered_on", "on", "day"),
        PrintField("field.order_id", "order"),
        PrintField("field.carrier", "carrier"),
    ),
    notes=_NOTES[1:],
    signatures=("print.prepared_by", "print.delivered_by", "print.received_by"),
)
INVOICE = PrintView(
    "finance.invoice",
    title="print.invoice",
    columns=_PRICED,
    party_label="print.bill_to",
    right=(
        PrintField("field.invoiced_on", "on", "day"),
        PrintField("field.due_on", "until", "day"),
        PrintField("field.order_id", "order"),
        PrintField("field.payment_term_id", "payment_term"),
        PrintField("field.currency", "currency"),
    ),
    totals=_TOTALS,
    words="gross",
    notes=_NOTES[1:],
    bank=True,
)
VIEWS = {view.name: view for view in (QUOTATION, ORDER, DELIVERY, INVOICE)}

ITEMS = {
    "zh_CN": [
        ("深沟球轴承 6204-2RS", "内径 20 mm，外径 47 mm，双面橡胶密封", "个"),
        ("三相异步电动机 YE4-132S-4", "5.5 kW，380 V，1 500 r/min，IP55，能效等级 1 级，含接线盒", "台"),
        ("不锈钢法兰 DN80 PN16", "材质 06Cr19Ni10，GB/T 9124.1", "片"),
        ("液压油 L-HM 46", "200 L/桶", "桶"),
        ("安装调试服务", "", "小时"),
    ],
    "en": [
        ("Deep groove ball bearing 6204-2RS", "Bore 20 mm, outer 47 mm, rubber seals on both sides", "pcs"),
        (
            "Three-phase motor YE4-132S-4",
            "5.5 kW, 400 V, 1,500 rpm, IP55, efficiency class IE4, terminal box on top",
            "pcs",
        ),
        ("Stainless steel flange DN80 PN16", "1.4301, EN 1092-1", "pcs"),
        ("Hydraulic oil HM 46", "Drum of 200 l", "drum"),
        ("Installation and commissioning", "", "h"),
    ],
}


def lines(locale: str, count: int) -> list[dict[str, Any]]:
    rows = []
    for index in range(count):
        item, detail, unit = ITEMS[locale][index % 5]
        quantity, price = Decimal(4 + 37 * index % 120), Decimal("12.85") * (1 + index % 7) + Decimal("0.0450")
        discount = Decimal(5) if index % 3 == 1 else Decimal(0)
        net = (quantity * price * (100 - discount) / 100).quantize(Decimal("0.01"))
        rows.append(
            {
                "code": f"A{1040 + index}",
                "item": item,
                "detail": detail,
                "quantity": quantity,
                "unit": unit,
                "price": price,
                "discount": discount or None,
                "tax_rate": Decimal(13),
                "net": net,
                "lot": f"L2026{index:03d}",
            }
        )
    return rows


def sample(locale: str, count: int = 5, currency: str | None = None) -> dict[str, Any]:
    """A document with `count` lines, enough for each of the four views."""
    chinese = locale == "zh_CN"
    rows = lines(locale, count)
    net = sum((row["net"] for row in rows), Decimal(0))
    tax = (net * Decimal("0.13")).quantize(Decimal("0.01"))
    data: dict[str, Any] = {
        "number": "SO-2026-00318",
        "currency": currency or ("CNY" if chinese else "EUR"),
        "on": date(2026, 11, 24),
        "until": date(2026, 12, 24),
        "order": "SO-2026-00318",
        "their_number": "PO-88120",
        "incoterm": "DAP 苏州" if chinese else "DAP Hamburg",
        "salesperson": "李晓雯" if chinese else "Anna Petersen",
        "payment_term": "月结 30 天" if chinese else "30 days net",
        "carrier": "顺丰速运" if chinese else "DB Schenker",
        "lines": rows,
        "net": net,
        "tax": tax,
        "gross": net + tax,
        "printed_at": datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
    }
    if chinese:
        data |= {
            "company": Letterhead(
                "上海汉萨机电设备有限公司",
                ("上海市浦东新区张江路 368 号 12 幢",),
                phone="021-5080 1234",
                email="sales@hanse.example",
                tax_number="91310115MA1K4TEST8",
                bank_name="中国工商银行上海张江支行",
                bank_account="1001 2345 0900 6789 012",
            ),
            "party": PartyBlock(
                "苏州明远精密机械制造股份有限公司",
                address_lines(
                    locale,
                    province="江苏省",
                    city="苏州市",
                    district="工业园区",
                    street="星湖街 218 号",
                    postal_code="215123",
                ),
                contact="王建国",
                phone="0512-6288 9900",
                tax_number="91320594MA1TEST12X",
            ),
            "other_party": PartyBlock(
                "苏州明远二号仓库",
                address_lines(locale, province="江苏省", city="苏州市", district="相城区", street="澄阳路 66 号"),
                contact="赵敏",
                phone="138 0000 0000",
            ),
            "terms": "1. 以上价格含 13% 增值税及苏州市内运费。\n2. 质保期自验收合格之日起十二个月；因买方使用不当造成的损坏不在质保范围内。",
            "memo": "请于送货前一天与收货人联系，周末不收货。",
        }
    else:
        data |= {
            "company": Letterhead(
                "Hanse Machinery Trading GmbH",
                ("Speicherstrasse 12", "20457 Hamburg", "Germany"),
                phone="+49 40 1234 5670",
                email="sales@hanse.example",
                website="hanse.example",
                tax_number="DE123456789",
                bank_name="Hamburger Sparkasse, BIC HASPDEHHXXX",
                bank_account="DE02 2005 0550 1015 8717 37",
            ),
            "party": PartyBlock(
                "Nordic Precision Engineering A/S",
                address_lines(locale, street="Industrivej 44", postal_code="8260", city="Viby J", country="Denmark"),
                contact="Lars Mikkelsen",
                phone="+45 86 00 00 00",
                tax_number="DK12345678",
            ),
            "other_party": PartyBlock(
                "Nordic Precision, Warehouse 2",
                address_lines(locale, street="Havnegade 7", postal_code="8000", city="Aarhus C", country="Denmark"),
                contact="Sofie Holm",
            ),
            "terms": "1. Prices are net of VAT unless shown otherwise, delivered to the named place.\n"
            "2. Warranty is twelve months from acceptance; damage by improper use is excluded.",
            "memo": "Please call the warehouse one day ahead; no deliveries at weekends.",
        }
    return data
