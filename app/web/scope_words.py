"""What a scope lets an app do, in the words of the menus and buttons people know."""

from app.platform.oauth.scopes import Scope
from app.web.labels import Labels
from app.web.portal import Portal


def scope_words(portal: Portal, labels: Labels, names: list[str]) -> list[tuple[str, str]]:
    """(what it may do, to what) for each scope; a name no longer known is left out."""
    known = portal.partners.catalogue.scopes
    return [_words(portal, labels, known[name]) for name in names if name in known]


def _words(portal: Portal, labels: Labels, scope: Scope) -> tuple[str, str]:
    if scope.kind == "action":
        return _single(portal, labels, scope.name), labels.module(scope.module)
    if scope.module == "platform":
        return labels.text(f"web.scope.platform.{scope.kind}"), labels.text(f"web.scope.platform.{scope.kind}.text")
    nouns = [labels.nouns(name) for name, found in portal.registry.resources.items() if found.module == scope.module]
    text = labels.text(f"web.scope.{scope.kind}", module=labels.module(scope.module))
    return text, labels.text("web.scope.comma").join(nouns)


def _single(portal: Portal, labels: Labels, permission: str) -> str:
    """`sales.confirm_order` -> Sales order: Confirm; `finance.read_trial_balance` -> See Trial balance."""
    act = portal.registry.actions.get(permission)
    if act is not None:
        noun = labels.optional(f"{act.module}.{act.noun}")
        words = labels.action(act)
        return labels.text("web.scope.action", noun=noun, action=words) if noun else words
    module, _, name = permission.partition(".")
    read = f"{module}.{name.removeprefix('read_')}"
    if read in portal.registry.resources:
        return labels.text("web.scope.read_one", noun=labels.nouns(read))
    return labels.text("web.scope.read_one", noun=labels.report(module, name.removeprefix("read_")))
