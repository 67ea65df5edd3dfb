"""One contract for both object stores: the folder, and S3 against moto's server."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from app.adapters.objects import (
    ObjectExists,
    ObjectMissing,
    ObjectStore,
    checked_key,
    fingerprint,
    object_key,
    open_store,
)
from app.adapters.objects_folder import FolderStore
from app.kernel.ids import new_id

SECRET = b"a secret of more than thirty-two characters"
BIG = bytes(range(256)) * 3000

SOME_ID = "01890000-0000-7000-8000-000000000001"


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    if request.param == "folder":
        return open_store(f"folder://{tmp_path}/with%20space", SECRET)
    endpoint = request.getfixturevalue("s3_url")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="documents")
    return open_store(f"s3://documents/hanse?endpoint={endpoint}&region=us-east-1", SECRET)


@pytest.fixture
def key() -> str:
    return object_key("t_0abc", new_id())


def test_what_was_put_is_got(store: ObjectStore, key: str) -> None:
    store.put(key, b"first")
    assert store.get(key) == b"first"
    store.put(key, BytesIO(BIG), content_type="application/pdf")
    assert store.get(key) == BIG
    assert b"".join(store.chunks(key)) == BIG


def test_ranges(store: ObjectStore, key: str) -> None:
    store.put(key, b"0123456789")
    assert store.get_range(key, 2, 3) == b"234"
    assert store.get_range(key, 8, 100) == b"89"
    assert store.get_range(key, 10, 5) == b""
    assert store.get_range(key, 0, 0) == b""


def test_empty_content(store: ObjectStore, key: str) -> None:
    store.put(key, b"")
    assert store.get(key) == b""
    assert fingerprint(store, key).size == 0


def test_missing(store: ObjectStore, key: str) -> None:
    with pytest.raises(ObjectMissing):
        store.get(key)
    with pytest.raises(ObjectMissing):
        list(store.chunks(key))
    with pytest.raises(ObjectMissing):
        store.get_range(key, 0, 1)


def test_delete_is_idempotent(store: ObjectStore, key: str) -> None:
    store.put(key, b"x")
    store.delete(key)
    store.delete(key)
    with pytest.raises(ObjectMissing):
        store.get(key)


def test_fingerprint_is_of_what_is_stored(store: ObjectStore, key: str) -> None:
    store.put(key, BIG)
    found = fingerprint(store, key)
    assert (found.size, found.sha256) == (len(BIG), hashlib.sha256(BIG).hexdigest())


@pytest.mark.parametrize(
    "bad", ["", "x", "../../etc/passwd", "t_a/../../x", "T/1", f"t_a/{SOME_ID}/x", f"/t_a/{SOME_ID}"]
)
def test_keys_cannot_leave_the_tenant(store: ObjectStore, bad: str) -> None:
    with pytest.raises(ValueError, match="not an object key"):
        store.put(bad, b"x")
    with pytest.raises(ValueError, match="not an object key"):
        store.signed_download_url(bad, name="x", content_type="text/plain")


def test_signed_addresses_carry_key_and_permission(store: ObjectStore, key: str) -> None:
    store.put(key, b"hello")
    upload = store.signed_upload(key, content_type="text/plain", longest=1000)
    download = store.signed_download_url(key, name="发票 1.txt", content_type="text/plain")
    if isinstance(store, FolderStore):
        written = store.verify(upload.fields["token"])
        read = store.verify(download.rpartition("/")[2])
        assert written is not None
        assert (written.what, written.key, written.longest) == ("upload", key, 1000)
        assert read is not None
        assert (read.what, read.key, read.name, read.inline) == ("download", key, "发票 1.txt", False)
        assert store.origin == ""
        return
    assert upload.url.startswith(store.origin)
    posted = httpx.post(upload.url, data=dict(upload.fields), files={"file": b"posted"})
    assert posted.status_code in (200, 201, 204)
    answer = httpx.get(download)
    assert answer.content == b"posted"
    assert "%E5%8F%91" in answer.headers["content-disposition"]


def test_folder_tokens_expire_and_cannot_be_forged(tmp_path: Path, key: str) -> None:
    store, other = FolderStore(tmp_path, SECRET), FolderStore(tmp_path, SECRET + b"!")
    token = store.signed_upload(key, content_type="text/plain", longest=5).fields["token"]
    assert store.verify(token) is not None
    assert other.verify(token) is None
    assert store.verify(token[:-1]) is None
    assert store.verify("x" + token) is None
    assert store.verify("") is None
    assert store.verify("é.é") is None
    old = store.signed_upload(key, content_type="text/plain", longest=5, seconds=-1).fields["token"]
    assert store.verify(old) is None


def test_a_failed_put_leaves_the_old_content(tmp_path: Path, key: str) -> None:
    store = FolderStore(tmp_path, SECRET)
    store.put(key, b"old")

    class Broken(BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError("connection lost")

    with pytest.raises(OSError, match="connection lost"):
        store.put(key, Broken())
    assert store.get(key) == b"old"
    assert [path.name for path in (tmp_path / "t_0abc").rglob(".put-*")] == []


def test_checked_key_returns_it(key: str) -> None:
    assert checked_key(key) == key


def test_what_is_put_once_stays(store: ObjectStore, key: str) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    store.put_once(key, b"first", until=until)
    with pytest.raises(ObjectExists):
        store.put_once(key, b"second", until=until)
    assert store.get(key) == b"first"


def test_a_bucket_with_object_lock_keeps_it_locked(s3_url: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = boto3.client("s3", endpoint_url=s3_url, region_name="us-east-1")
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    open_store(f"s3://locked?endpoint={s3_url}&region=us-east-1", SECRET).put_once(key, b"first", until=until)
    kept = client.head_object(Bucket="locked", Key=key)
    assert (kept["ObjectLockMode"], kept["ObjectLockRetainUntilDate"]) == ("COMPLIANCE", until)
    with pytest.raises(ClientError):
        client.delete_object(Bucket="locked", Key=key, VersionId=kept["VersionId"])
