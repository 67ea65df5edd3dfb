"""Sealed periods with their signed manifests."""

from app.modules.finance.models.proof import PeriodSeal
from app.platform.views import DocumentView, Field, ListView

PERIOD_SEALS = ListView(
    PeriodSeal,
    columns=[
        Field(PeriodSeal.code, phone="title"),
        Field(PeriodSeal.sealed_at, phone="meta"),
        Field(PeriodSeal.sealed_by, phone="body"),
        Field(PeriodSeal.entries, phone="value"),
        Field(PeriodSeal.root, hidden=True),
    ],
    search=[PeriodSeal.code],
    sort=[PeriodSeal.code.desc()],
    icon="shield-lock",
)
PERIOD_SEAL = DocumentView(
    PeriodSeal,
    fields=[
        PeriodSeal.code,
        PeriodSeal.period_id,
        PeriodSeal.sealed_at,
        PeriodSeal.sealed_by,
        PeriodSeal.entries,
        Field(PeriodSeal.root, wide=True),
        Field(PeriodSeal.public_key, wide=True),
        Field(PeriodSeal.signature, wide=True),
        Field(PeriodSeal.manifest, wide=True),
    ],
    icon="shield-lock",
)
