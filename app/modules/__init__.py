"""The business modules, lowest first: a module may call those before it, never those after."""

from importlib import import_module
from importlib.util import find_spec

from app.platform.registry import Module

NAMES = ("masterdata", "finance", "inventory", "sales")


def load_modules() -> list[Module]:
    """Every module's declaration, lowest first."""
    found = [name for name in NAMES if find_spec(f"app.modules.{name}.module")]
    return [import_module(f"app.modules.{name}.module").MODULE for name in found]
