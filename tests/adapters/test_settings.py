"""Settings: mistakes name their variable, defaults follow from each other, secrets are made once."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.adapters.secret import read_or_create_secret, write_private
from app.adapters.settings import Settings, SettingsError, unknown_variables, variables


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("HANSE_PORT", "x", "HANSE_PORT must be a number between 1 and 65535, got 'x'"),
        ("HANSE_PORT", "0", "HANSE_PORT must be a number"),
        ("HANSE_PORT", "65536", "HANSE_PORT must be a number"),
        ("HANSE_PORT", "٨", "HANSE_PORT must be a number"),
        ("HANSE_MODE", "prod", "HANSE_MODE must be one of development, production, got 'prod'"),
        ("HANSE_TENANT_ROLES", "yes", "HANSE_TENANT_ROLES must be on or off, got 'yes'"),
        ("HANSE_REDIS_URL", "localhost:6379", "HANSE_REDIS_URL must be an address starting with redis"),
        ("HANSE_OBJECTS_URL", "/srv", "HANSE_OBJECTS_URL must be an address starting with folder:// or s3://"),
        ("HANSE_HOME", "", "HANSE_HOME must name a folder"),
        ("HANSE_OUTGOING_ALLOW", "10.0.0.0/99", "HANSE_OUTGOING_ALLOW must list host names and networks"),
        ("HANSE_BIND", "everywhere", "HANSE_BIND must be an IP address"),
        ("HANSE_BIND", "0.0.0.0", "HANSE_BIND must be a loopback address in development"),
        ("HANSE_SECRET_KEY", "short", "HANSE_SECRET_KEY must have 32 characters or more"),
    ],
)
def test_a_mistake_names_its_variable(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match="HANSE_") as error:
        Settings.load({name: value})
    assert message in str(error.value)


def test_a_wrong_address_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.load({"HANSE_HOME": str(tmp_path), "HANSE_DATABASE_URL": "mysql://u:hidden@h/d"})
    assert "hidden" not in str(error.value)
    assert "HANSE_DATABASE_URL" in str(error.value)


def test_defaults_of_a_developers_machine(tmp_path: Path) -> None:
    settings = Settings.load({"HANSE_HOME": str(tmp_path)})
    assert settings.development
    assert settings.port == 8000
    assert settings.tenant_roles is True
    assert settings.objects_url == f"folder://{tmp_path}/objects"
    assert settings.public_url == "http://localhost:8000"
    assert settings.tenant_url("acme") == "http://acme.localhost:8000"
    with pytest.raises(SettingsError, match="HANSE_DATABASE_URL is not set, and no `hanse up` is running"):
        settings.require("database_url")


def test_one_machine_means_one_database(tmp_path: Path) -> None:
    settings = Settings.load(
        {
            "HANSE_HOME": str(tmp_path),
            "HANSE_MODE": "production",
            "HANSE_BIND": "0.0.0.0",
            "HANSE_DOMAIN": "hanse.example",
            "HANSE_DATABASE_URL": "postgresql://a@h/d",
            "HANSE_OWNER_DATABASE_URL": "postgresql://o@h/d",
        }
    )
    assert settings.tenant_database_url == settings.queue_database_url == "postgresql://a@h/d"
    assert settings.sealer_database_url == "postgresql://o@h/d"
    assert settings.public_url == "https://hanse.example"
    assert settings.tenant_url("acme") == "https://acme.hanse.example"
    assert settings.require("database_url", "owner_database_url") is settings


def test_single_tenant_lives_at_the_public_address(tmp_path: Path) -> None:
    settings = Settings.load(
        {"HANSE_HOME": str(tmp_path), "HANSE_SINGLE_TENANT": "acme", "HANSE_PUBLIC_URL": "https://erp.acme.example/"}
    )
    assert settings.tenant_url("acme") == "https://erp.acme.example"


def test_the_web_tier_is_not_given_owner_and_sealer(tmp_path: Path) -> None:
    given = {
        "HANSE_HOME": str(tmp_path),
        "HANSE_DATABASE_URL": "postgresql://a@h/d",
        "HANSE_OWNER_DATABASE_URL": "postgresql://o@h/d",
        "HANSE_PROXIES": "10.0.0.1, 10.0.0.2",
    }
    settings = Settings.load(given)
    web = settings.environment(owner=False)
    assert "HANSE_OWNER_DATABASE_URL" not in web
    assert "HANSE_SEALER_DATABASE_URL" not in web
    assert Settings.load(settings.environment(owner=True)) == settings
    assert Settings.load(web).proxies == ("10.0.0.1", "10.0.0.2")


def test_another_shell_finds_the_running_stack(tmp_path: Path) -> None:
    write_private(
        tmp_path / "run/stack.json", json.dumps({"database_url": "postgresql://c@/d", "redis_url": "unix:///r"})
    )
    settings = Settings.load({"HANSE_HOME": str(tmp_path), "HANSE_REDIS_URL": "redis://mine"})
    assert settings.database_url == settings.tenant_database_url == "postgresql://c@/d"
    assert settings.redis_url == "redis://mine"
    (tmp_path / "run/stack.json").write_text("{")
    with pytest.raises(SettingsError, match="HANSE_HOME: cannot read"):
        Settings.load({"HANSE_HOME": str(tmp_path)})


def test_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings.load({"HANSE_HOME": str(tmp_path)})
    assert settings.secret_key() == settings.secret_key()
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _n: read_or_create_secret(tmp_path / "raced"), range(50)))
    assert len(made) == 1
    assert Settings.load({"HANSE_HOME": str(tmp_path), "HANSE_SECRET_KEY": "k" * 32}).secret_key() == b"k" * 32
    (tmp_path / "secret.key").write_text("short")
    with pytest.raises(SettingsError, match="HANSE_SECRET_FILE"):
        settings.secret_key()


def test_secrets_do_not_show_in_repr(tmp_path: Path) -> None:
    assert "kkkk" not in repr(Settings.load({"HANSE_HOME": str(tmp_path), "HANSE_SECRET_KEY": "k" * 32}))


def test_every_variable_is_documented_and_misspellings_are_found() -> None:
    assert all(variable.name.startswith("HANSE_") and variable.meaning.endswith(".") for variable in variables())
    assert unknown_variables({"HANSE_PROT": "1", "HANSE_PORT": "1", "HOME": "/"}) == ["HANSE_PROT"]
