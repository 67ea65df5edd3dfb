"""The object store of a cloud: any S3 (AWS, OSS, OBS, MinIO, Ceph) through boto3; credentials by its own chain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from app.adapters.objects import (
    CHUNK,
    DOWNLOAD_SECONDS,
    UPLOAD_SECONDS,
    ObjectExists,
    ObjectMissing,
    SignedUpload,
    checked_key,
)

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_CONFIGURATION = Config(
    signature_version="s3v4",
    connect_timeout=3,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},
    # The newer checksum headers are refused by several other makers' stores; our own SHA-256 is verified instead.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class S3Store:
    """One bucket, optionally below a prefix."""

    def __init__(
        self, bucket: str, *, prefix: str = "", endpoint: str | None = None, region: str | None = None
    ) -> None:
        self._client: S3Client = boto3.client("s3", endpoint_url=endpoint, region_name=region, config=_CONFIGURATION)
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @property
    def origin(self) -> str:
        """Where signed addresses lead."""
        parts = urlsplit(self._client.generate_presigned_post(self._bucket, "origin", ExpiresIn=1)["url"])
        return f"{parts.scheme}://{parts.netloc}"

    def put(self, key: str, content: bytes | BinaryIO, *, content_type: str = "application/octet-stream") -> None:
        """One request, or a multipart upload for large contents."""
        stream = BytesIO(content) if isinstance(content, bytes) else content
        self._client.upload_fileobj(stream, self._bucket, self._name(key), ExtraArgs={"ContentType": content_type})

    def put_once(self, key: str, content: bytes, *, until: datetime) -> None:
        """A conditional write; with object lock on the bucket in compliance mode, which nobody can shorten.

        Stores that do not know `If-None-Match` ignore it, so what is there is looked for first.
        """
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._name(key))
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != HTTPStatus.NOT_FOUND:
                raise
        else:
            raise ObjectExists(key)
        request: dict[str, Any] = {"Bucket": self._bucket, "Key": self._name(key), "Body": content, "IfNoneMatch": "*"}
        if self._locks:  # S3 asks for a checksum of what it shall lock
            request |= {
                "ObjectLockMode": "COMPLIANCE",
                "ObjectLockRetainUntilDate": until,
                "ChecksumAlgorithm": "SHA256",
            }
        try:
            self._client.put_object(**request)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise ObjectExists(key) from None
            raise

    @cached_property
    def _locks(self) -> bool:
        """Whether the bucket was made with object lock; other makers' stores may not know the question."""
        try:
            answer = self._client.get_object_lock_configuration(Bucket=self._bucket)
        except ClientError:
            return False
        return answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"

    def get(self, key: str) -> bytes:
        """The whole content."""
        return b"".join(self.chunks(key))

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start`."""
        if length <= 0:
            return b""
        try:
            answer = self._client.get_object(
                Bucket=self._bucket, Key=self._name(key), Range=f"bytes={start}-{start + length - 1}"
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("InvalidRange", "416"):
                return b""
            raise _translated(error, key) from error
        return answer["Body"].read()

    def chunks(self, key: str) -> Iterator[bytes]:
        """The content in pieces."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._name(key))
        except ClientError as error:
            raise _translated(error, key) from error
        yield from answer["Body"].iter_chunks(CHUNK)

    def delete(self, key: str) -> None:
        """Remove; S3 says nothing when it was not there."""
        self._client.delete_object(Bucket=self._bucket, Key=self._name(key))

    def signed_upload(
        self, key: str, *, content_type: str, longest: int, seconds: int = UPLOAD_SECONDS
    ) -> SignedUpload:
        """A POST policy: S3 itself refuses other types and longer contents."""
        form = self._client.generate_presigned_post(
            self._bucket,
            self._name(key),
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 0, longest]],
            ExpiresIn=seconds,
        )
        return SignedUpload(form["url"], form["fields"])

    def signed_download_url(
        self, key: str, *, name: str, content_type: str, inline: bool = False, seconds: int = DOWNLOAD_SECONDS
    ) -> str:
        """A presigned GET that names the file and its type."""
        kind = "inline" if inline else "attachment"
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": self._name(key),
                "ResponseContentType": content_type,
                "ResponseContentDisposition": f"{kind}; filename*=UTF-8''{quote(name, safe='')}",
            },
            ExpiresIn=seconds,
        )

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)


def _translated(error: ClientError, key: str) -> Exception:
    missing = error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404")
    return ObjectMissing(key) if missing else error
