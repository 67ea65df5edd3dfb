"""Sealing: what comes back, what refuses to open, where the master key is, and how it is changed."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from app.adapters.sealing import HeldMaster, Sealing, SealingError, master_key_path, open_sealing
from app.adapters.settings import Settings, SettingsError

OLD, NEW = "o" * 40, "n" * 40


def held(*keys: str) -> Sealing:
    return Sealing(HeldMaster(lambda: keys))


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_was_sealed_is_unsealed_and_never_shows(data: bytes, context: str) -> None:
    sealing = held(OLD)
    sealed = sealing.seal(data, context)
    assert sealing.unseal(sealed, context) == data
    assert len(data) < 8 or data not in sealed
    assert sealing.seal(data, context) != sealed


def test_another_context_does_not_open_it() -> None:
    sealing = held(OLD)
    with pytest.raises(SealingError, match="moved from where it belongs"):
        sealing.unseal(sealing.seal(b"seed", "factor:1"), "factor:2")


@settings(deadline=None)
@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_no_changed_byte_goes_unseen(place: int, change: int) -> None:
    sealing = held(OLD)
    sealed = bytearray(sealing.seal(b"a secret of some length", "factor:1"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealingError):
        sealing.unseal(bytes(sealed), "factor:1")


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01\xff\xff", b"plain text", b"\x01\x00\x00" + bytes(40)])
def test_what_is_not_sealed_is_refused(data: bytes) -> None:
    with pytest.raises(SealingError):
        held(OLD).unseal(data, "factor:1")


def test_an_old_master_key_still_opens_and_a_lost_one_is_named() -> None:
    sealed = held(OLD).seal(b"seed", "factor:1")
    assert held(NEW, OLD).unseal(sealed, "factor:1") == b"seed"
    fresh = held(NEW, OLD).seal(b"seed", "factor:1")
    assert held(NEW).unseal(fresh, "factor:1") == b"seed"
    with pytest.raises(SealingError, match=r"the master key [0-9a-f]{16} is not here"):
        held(NEW).unseal(sealed, "factor:1")


def test_the_file_is_made_once_for_its_user_alone(tmp_path: Path) -> None:
    installed = Settings.load({"HANSE_HOME": str(tmp_path)})
    sealed = open_sealing(installed).seal(b"seed", "factor:1")
    path = master_key_path(installed)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_sealing(installed).unseal(sealed, "factor:1") == b"seed"


def test_a_running_process_learns_a_key_added_to_the_file(tmp_path: Path) -> None:
    installed = Settings.load({"HANSE_HOME": str(tmp_path)})
    running = open_sealing(installed)
    path = master_key_path(installed)
    path.write_text(f"{NEW}\n{path.read_text()}\n")
    sealed = open_sealing(installed).seal(b"seed", "factor:1")
    assert running.unseal(sealed, "factor:1") == b"seed"


def test_an_emptied_file_is_not_replaced_by_a_new_key(tmp_path: Path) -> None:
    installed = Settings.load({"HANSE_HOME": str(tmp_path)})
    master_key_path(installed).write_text("")
    with pytest.raises(SealingError, match="no master key in the file"):
        open_sealing(installed)


def test_the_key_by_variable() -> None:
    installed = Settings.load({"HANSE_MASTER_KEY": f"{NEW}, {OLD}"})
    sealed = held(OLD).seal(b"seed", "factor:1")
    assert open_sealing(installed).unseal(sealed, "factor:1") == b"seed"
    assert NEW not in repr(installed)
    with pytest.raises(SettingsError, match="HANSE_MASTER_KEY"):
        Settings.load({"HANSE_MASTER_KEY": f"{NEW},short"})


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A key management service on loopback with one key."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    endpoint = f"http://127.0.0.1:{port}"
    key = boto3.client("kms", endpoint_url=endpoint).create_key()["KeyMetadata"]["KeyId"]
    yield Settings.load({"HANSE_KMS_KEY": f"{key}?endpoint={endpoint}"})
    server.stop()


def test_a_key_management_service_holds_the_key(kms: Settings) -> None:
    sealed = open_sealing(kms).seal(b"seed", "factor:1")
    assert open_sealing(kms).unseal(sealed, "factor:1") == b"seed"
    with pytest.raises(SealingError):
        open_sealing(kms).unseal(sealed, "factor:2")
    with pytest.raises(SealingError, match="HANSE_KMS_KEY"):
        open_sealing(replace(kms, kms_key="unknown?" + kms.kms_key.partition("?")[2])).seal(b"seed", "factor:1")
