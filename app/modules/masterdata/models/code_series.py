"""The last code given out by itself, per kind of record: `C00042` for a customer entered without a code."""

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db import Model


class CodeSeries(Model):
    """A counter. Gaps do no harm here, codes of master data are names and not numbers of vouchers."""

    __tablename__ = "masterdata_code_series"
    __audited__ = False
    prefix: Mapped[str] = mapped_column(String(4), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)
