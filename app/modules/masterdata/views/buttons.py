"""The buttons every list of master data ends with: retire, bring back, delete."""

from typing import Any

from app.platform.views import AnyAction, Button, Tab


def life_buttons(deactivate: AnyAction, reactivate: AnyAction, delete: AnyAction | None = None) -> list[Button]:
    """Retire while active, bring back while not; deleting is refused by the database once something refers to it."""
    buttons = [
        Button(deactivate, when=lambda record: bool(record.active), icon="archive"),
        Button(reactivate, when=lambda record: not record.active, icon="restore"),
    ]
    if delete is not None:
        buttons.append(Button(delete, danger=True, icon="trash"))
    return buttons


def life_tabs(model: Any) -> list[Tab]:
    """Active, inactive, all."""
    return [
        Tab("active", lambda work: model.active, default=True),
        Tab("inactive", lambda work: ~model.active),
        Tab("all"),
    ]
