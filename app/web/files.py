"""Comments and attachments of a document, and the signed addresses of the folder store.

Whoever may read the record may read its files and remarks; nobody else learns that they exist.
"""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.adapters.objects import ObjectMissing, fingerprint, object_key
from app.adapters.objects_folder import FolderStore
from app.kernel.errors import Invalid, Missing
from app.platform.comments import create_comment
from app.platform.documents import (
    MAX_BYTES,
    Attachment,
    confirm_attachment,
    create_attachment,
    delete_attachment,
)
from app.platform.registry import Resource
from app.platform.work import Work
from app.web.documents import open_document
from app.web.portal import Portal, Visit
from app.web.responses import go, json

SAFE_INLINE = frozenset(("application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp"))
"""Types a browser may show; everything else, SVG and HTML above all, is only ever saved."""


def _check_readable(visit: Visit, resource: Resource, key: UUID) -> None:
    """Missing or Forbidden unless the visitor may read the record itself."""
    visit.read(lambda work: open_document(visit, work, resource, key).record.id)


def comment(visit: Visit, resource: Resource) -> Response:
    """POST a remark."""
    key = visit.id()
    _check_readable(visit, resource, key)
    text = visit.form.get("text", "").strip()
    if not text:
        raise Invalid("input.required", field="text")
    visit.perform(create_comment, kind=resource.name, record_id=key, text=text)
    return go(visit, f"{resource.path}/{key}?panel=activity")


def sign(visit: Visit, resource: Resource) -> Response:
    """POST name, type and size: where the browser sends the file, and whom it tells afterwards."""
    key = visit.id()
    _check_readable(visit, resource, key)
    size = visit.form.get("size", "")
    media = visit.form.get("type", "") or "application/octet-stream"
    done = visit.perform(
        create_attachment,
        kind=resource.name,
        record_id=key,
        name=visit.form.get("name", "").strip()[:200],
        media_type=media[:120],
        size=int(size) if size.isdigit() and len(size) < 12 else 0,
    )
    attachment = UUID(done.result)
    signed = visit.portal.objects.signed_upload(
        object_key(visit.actor.schema, attachment), content_type=media, longest=MAX_BYTES
    )
    return json(
        {
            "url": signed.url,
            "method": "POST",
            "fields": dict(signed.fields),
            "done_url": f"{resource.path}/{key}/files/{attachment}/done",
        }
    )


def confirm(visit: Visit, resource: Resource) -> Response:
    """POST after the upload: the store is read, and says what it holds."""
    key, attachment = visit.id(), visit.id("file")
    _check_readable(visit, resource, key)
    _confirm(visit, attachment)
    return Response(status_code=204)


def _confirm(visit: Visit, attachment: UUID) -> None:
    try:
        held = fingerprint(visit.portal.objects, object_key(visit.actor.schema, attachment))
    except ObjectMissing:
        raise Invalid("attachment.not_uploaded") from None
    once = f"confirm:{attachment}"
    visit.portal.gate.perform(
        confirm_attachment, visit.actor, once, attachment_id=attachment, size=held.size, sha256=held.sha256
    )


def attach(visit: Visit, resource: Resource) -> Response:
    """POST of the file itself, for browsers without the island."""
    key = visit.id()
    _check_readable(visit, resource, key)
    files = [file for name, file in visit.files if name == "file" and file.filename]
    if not files:
        raise Invalid("input.required", field="file")
    for number, file in enumerate(files):
        _store(visit, resource, key, file, number)
    return go(visit, f"{resource.path}/{key}?panel=files")


def _store(visit: Visit, resource: Resource, key: UUID, file: UploadFile, number: int) -> None:
    media = file.content_type or "application/octet-stream"
    once = f"{visit.key}:{number}" if visit.key else None
    done = visit.portal.gate.perform(
        create_attachment,
        visit.actor,
        once,
        kind=resource.name,
        record_id=key,
        name=str(file.filename).strip()[:200],
        media_type=media[:120],
        size=file.size or 0,
    )
    attachment = UUID(done.result)
    if not done.replayed:
        visit.portal.objects.put(object_key(visit.actor.schema, attachment), file.file, content_type=media)
        _confirm(visit, attachment)


def _attachment(visit: Visit, work: Work, resource: Resource) -> Attachment:
    """The file of this very record; Missing for any other."""
    record = open_document(visit, work, resource, visit.id()).record
    found = work.session.get(Attachment, visit.id("file"))
    if found is None or found.record_id != record.id or not found.uploaded:
        raise Missing("page.missing")
    return found


def download(visit: Visit, resource: Resource) -> Response:
    """GET a file: away to a signed address that lives for less than a minute."""
    name, media, key = visit.read(lambda work: _named(_attachment(visit, work, resource)))
    inline = "inline" in visit.request.query_params and media in SAFE_INLINE
    url = visit.portal.objects.signed_download_url(
        object_key(visit.actor.schema, key), name=name, content_type=media, inline=inline
    )
    return Response(status_code=303, headers={"location": url})


def _named(file: Attachment) -> tuple[str, str, UUID]:
    return file.name, file.media_type, file.id


def remove(visit: Visit, resource: Resource) -> Response:
    """POST `…/delete`."""
    key = visit.read(lambda work: _attachment(visit, work, resource).id)
    visit.perform(delete_attachment, attachment_id=key)
    visit.portal.objects.delete(object_key(visit.actor.schema, key))
    return go(visit, f"{resource.path}/{visit.id()}?panel=files")


# The folder store's own addresses: the signature in them is the whole permission.


def store_upload(portal: Portal, token: str, file: Any) -> Response:
    """POST `/objects`: one file under the key its token names."""
    store = portal.objects
    permission = store.verify(token) if isinstance(store, FolderStore) else None
    if permission is None or permission.what != "upload" or file is None:
        return Response(status_code=403)
    if (file.size or 0) > permission.longest:
        return Response(status_code=413)
    store.put(permission.key, file.file, content_type=permission.content_type)
    return Response(status_code=204)


def store_download(portal: Portal, token: str, request: Request) -> Response:
    """GET `/objects/TOKEN`: the bytes, as an attachment that no browser interprets."""
    store = portal.objects
    permission = store.verify(token) if isinstance(store, FolderStore) else None
    if permission is None or permission.what != "download":
        return Response(status_code=403)
    inline = permission.inline and permission.content_type in SAFE_INLINE
    disposition = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(permission.name)}"
    headers = {
        "content-disposition": disposition,
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, no-store",
    }
    media = permission.content_type if inline else "application/octet-stream"
    try:
        first = store.get_range(permission.key, 0, 1)
    except ObjectMissing:
        return Response(status_code=404)
    assert first is not None
    return StreamingResponse(store.chunks(permission.key), media_type=media, headers=headers)
