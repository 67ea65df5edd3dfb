"""Files of a record: announce, send to the object store by a signed form, confirm; download by a signed address."""

from contextlib import suppress
from typing import Any

from sqlalchemy import select

from app.adapters.objects import ObjectMissing, ObjectStore, fingerprint
from app.api.call import Answer, Call
from app.api.comments import check_record, require_record
from app.api.conditions import flag, only_parameters
from app.api.inputs import arguments_of, no_body, read_object
from app.api.performing import carry_out, outcome
from app.kernel.errors import Conflict, Missing
from app.platform.documents import (
    Attachment,
    attachments_of,
    confirm_attachment,
    create_attachment,
    delete_attachment,
)
from app.platform.work import Work


def _store(call: Call) -> ObjectStore:
    if call.context.objects is None:
        raise Missing("api.route_missing", path=call.path)
    return call.context.objects


def _object_key(call: Call, attachment_id: object) -> str:
    return f"{call.actor.schema}/{attachment_id}"


def _shown(attachment: Attachment) -> dict[str, Any]:
    return {
        "id": attachment.id,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "uploaded": attachment.uploaded,
        "author_id": attachment.author_id,
        "author_name": attachment.author_name,
        "at": attachment.at,
    }


def list_attachments(call: Call) -> Answer:
    """GET: the uploaded files of the record, newest first."""
    only_parameters(call)
    call.require(call.resource.read_permission)

    def query(work: Work) -> list[dict[str, Any]]:
        require_record(call, work)
        return [_shown(found) for found in attachments_of(work, call.ids[0])]

    return Answer({"data": call.read(query)})


def announce(call: Call) -> Answer:
    """POST `{name, media_type, size}`: answers with the form to send the file with, valid for some minutes."""
    store = _store(call)
    only_parameters(call, "dry_run")
    fixed = {"kind": call.resource.name, "record_id": str(call.ids[0])}
    arguments = arguments_of(create_attachment, read_object(call), fixed)
    check_record(call)
    answer = outcome(call, create_attachment, carry_out(call, create_attachment, arguments))
    if not flag(call, "dry_run"):
        upload = store.signed_upload(
            _object_key(call, answer.value["id"]), content_type=arguments["media_type"], longest=arguments["size"]
        )
        answer.value["upload"] = {"url": upload.url, "fields": dict(upload.fields)}
    return answer


def read_attachment(call: Call) -> Answer:
    """GET: the file's facts and an address to download it from, valid for some minutes."""
    store = _store(call)
    only_parameters(call)
    call.require(call.resource.read_permission)
    shown = call.read(lambda work: _shown(_attachment(call, work)))
    if shown["uploaded"]:
        shown["download_url"] = store.signed_download_url(
            _object_key(call, shown["id"]), name=shown["name"], content_type=shown["media_type"]
        )
    return Answer(shown)


def _attachment(call: Call, work: Work) -> Attachment:
    """The file in the address, of the record in the address; Missing otherwise."""
    require_record(call, work)
    statement = select(Attachment).where(
        Attachment.id == call.ids[1], Attachment.record_id == call.ids[0], Attachment.kind == call.resource.name
    )
    found = work.session.scalars(statement).one_or_none()
    if found is None:
        raise Missing("record.missing", noun="platform.attachment", id=str(call.ids[1]))
    return found


def _check_attachment(call: Call) -> None:
    call.require(call.resource.read_permission)
    call.read(lambda work: _attachment(call, work))


def confirm(call: Call) -> Answer:
    """POST `…/confirm`: what the store really holds becomes the record's file."""
    store = _store(call)
    only_parameters(call, "dry_run")
    no_body(call)
    _check_attachment(call)
    try:
        held = fingerprint(store, _object_key(call, call.ids[1]))
    except ObjectMissing:
        raise Conflict("api.upload_missing") from None
    arguments = {"attachment_id": call.ids[1], "size": held.size, "sha256": held.sha256}
    return outcome(call, confirm_attachment, carry_out(call, confirm_attachment, arguments))


def remove(call: Call) -> Answer:
    """POST `…/delete`: the file goes, its bytes after it."""
    store = _store(call)
    only_parameters(call, "dry_run")
    no_body(call)
    _check_attachment(call)
    done = carry_out(call, delete_attachment, {"attachment_id": call.ids[1]})
    if not flag(call, "dry_run"):
        with suppress(ObjectMissing):
            store.delete(_object_key(call, call.ids[1]))
    return outcome(call, delete_attachment, done)
