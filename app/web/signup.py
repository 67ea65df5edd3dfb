"""Sign-up on the bare domain: a blank tenant is claimed, its owner and company made, and the person handed over."""

from uuid import UUID

from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.kernel.errors import Conflict, Invalid, Missing
from app.platform.identity.accounts import FirstUser, SignUp
from app.platform.identity.throttle import TooMany
from app.platform.organisation import create_company
from app.platform.users import create_first_user
from app.web.account import auth_page, hand_over, password_box, refused
from app.web.identity import system_in
from app.web.letters import send_confirmation
from app.web.portal import Visit
from app.web.screens import AuthScreen, EditForm
from app.web.widgets import Choice, FieldBox
from tenants.provision import check_slug
from tenants.resolve import TenantRef

COUNTRIES = ("CN", "HK", "DE", "FR", "NL", "GB", "US", "SG", "JP")
FIRST_COMPANY = "1"


def _screen(visit: Visit) -> AuthScreen:
    labels = visit.labels
    domain = visit.portal.settings.domain
    first = "CN" if visit.locale == "zh_CN" else "DE"
    countries = [Choice(code, labels.optional(f"country.{code}") or code, code == first) for code in COUNTRIES]
    fields = [
        FieldBox(
            "company_name", labels.text("web.auth.company"), required=True, autocomplete="organization", max_length=200
        ),
        FieldBox("country", labels.text("field.country"), "choice", value=first, choices=countries, required=True),
        FieldBox(
            "slug",
            labels.text("web.auth.slug"),
            "code",
            required=True,
            suffix=f".{domain}",
            max_length=40,
            help=labels.text("web.auth.slug.hint"),
        ),
        FieldBox("name", labels.text("web.auth.your_name"), required=True, autocomplete="name", max_length=200),
        FieldBox("email", labels.text("field.email"), "email", required=True, autocomplete="username", max_length=254),
        password_box(visit, new=True),
    ]
    return AuthScreen(
        "signup",
        labels.text("web.auth.signup"),
        labels.text("web.auth.signup.text"),
        fields=fields,
        form=EditForm("/signup"),
        submit=labels.text("web.auth.signup.do"),
        links=[(labels.text("web.auth.have_account"), labels.text("web.auth.login"), "/login")],
        check_url="/signup/address",
    )


def _at_home(visit: Visit) -> None:
    if visit.tenant is not None:
        raise Missing("page.missing")


def show(visit: Visit) -> Response:
    """GET."""
    _at_home(visit)
    return auth_page(visit, _screen(visit))


def submit(visit: Visit) -> Response:
    """POST: within two seconds the person stands in their own portal."""
    _at_home(visit)
    given = {name: text.strip() if name != "password" else text for name, text in visit.pairs}
    form = SignUp(
        company_name=given.get("company_name", ""),
        slug=given.get("slug", "").lower(),
        country=given.get("country", ""),
        email=given.get("email", "")[:254],
        password=given.get("password", ""),
        name=given.get("name", ""),
        locale=visit.locale,
    )
    try:
        _check(form)
        opened = visit.portal.accounts.sign_up(form, _first_user(visit), address=visit.address)
    except (Invalid, Conflict, TooMany) as refusal:
        return refused(visit, _screen(visit), refusal)
    base = visit.portal.settings.tenant_url(opened.tenant.slug)
    send_confirmation(visit, base, form.email, opened.confirm_token)
    return RedirectResponse(hand_over(visit, opened.identity_id, opened.tenant.id, opened.tenant.slug), 303)


def _check(form: SignUp) -> None:
    """What can be said before anything is claimed."""
    if not form.name:
        raise Invalid("input.required", field="name")
    if form.country not in COUNTRIES:
        raise Invalid("input.choice", field="country", choices=COUNTRIES)
    check_slug(form.slug)


def _first_user(visit: Visit) -> FirstUser:
    """Make the company and its owner through the gate, each once however often it is tried."""

    def make(tenant: TenantRef, identity_id: UUID, form: SignUp) -> UUID:
        gate, actor = visit.portal.gate, system_in(visit, tenant.id, tenant.schema)
        gate.perform(
            create_company, actor, "sign-up", code=FIRST_COMPANY, name=form.company_name.strip(), country=form.country
        )
        done = gate.perform(
            create_first_user,
            actor,
            "sign-up",
            name=form.name,
            email=form.email,
            identity_id=identity_id,
            locale=form.locale,
        )
        return UUID(str(done.result))

    return make


def check_address(visit: Visit) -> Response:
    """GET while the address is typed: free, taken, or why it cannot be one."""
    _at_home(visit)
    slug = visit.request.query_params.get("slug", "")[:60]
    labels = visit.labels
    try:
        slug = check_slug(slug)
    except Invalid as refusal:
        return HTMLResponse(labels.refusal(refusal))
    taken = visit.portal.directory.by_slug(slug) is not None
    return HTMLResponse(labels.text("tenant.slug_taken" if taken else "web.auth.slug.free", slug=slug))
