"""What stands beside a document: comments and happenings, files, the audit trail."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.platform import formats
from app.platform.audit import Change as Changed
from app.platform.audit_log import visible
from app.platform.comments import Comment, comments_on
from app.platform.documents import MAX_BYTES, Attachment, attachments_of
from app.platform.permissions import read_permission
from app.platform.records import AuditChange, AuditEntry
from app.platform.registry import Resource
from app.platform.work import Work
from app.web.changes import changed_fields, references_in
from app.web.portal import Visit
from app.web.screens import SidePanel
from app.web.shell import hue_of, initials
from app.web.widgets import ActivityItem, FileItem, Person, Tab, Upload

TABS = ("activity", "files", "audit")
ENTRIES = 50


def side_panel(visit: Visit, work: Work, resource: Resource, key: UUID, url: str, tab: str) -> SidePanel:
    """The panel with one tab open; each tab is an address of its own."""
    tab = tab if tab in TABS else "activity"
    panel = SidePanel(tab=tab)  # type: ignore[arg-type]  # checked against TABS
    files = attachments_of(work, key)
    panel.tabs = [
        Tab(
            visit.labels.text(f"web.panel.{name}"),
            f"{url}?panel={name}",
            name == tab,
            str(len(files)) if name == "files" and files else "",
        )
        for name in TABS
    ]
    panel.comment_url = f"{url}/comments"
    if tab == "activity":
        panel.activity = _activity(visit, work, resource, key)
    elif tab == "files":
        panel.files = [file_item(visit, url, file) for file in files]
        panel.upload = Upload(
            f"{url}/files",
            f"{url}/files/sign",
            visit.labels.text("web.files.limit", megabytes=MAX_BYTES // 2**20),
            MAX_BYTES,
        )
    else:
        panel.audit = _audit(visit, work, resource, key)
    return panel


def _person(name: str, key: Any) -> Person:
    return Person(name, initials(name), hue_of(str(key)))


def _activity(visit: Visit, work: Work, resource: Resource, key: UUID) -> list[ActivityItem]:
    """Comments and actions in one stream, newest first."""
    stream: list[tuple[Any, ActivityItem]] = [
        (comment.at, _comment(visit, comment)) for comment in comments_on(work, key, ENTRIES)
    ]
    for entry, _ in entries_of(work, key):
        if entry.action.startswith("platform.create_comment"):
            continue
        stream.append((entry.at, _happening(visit, entry)))
    stream.sort(key=lambda item: item[0], reverse=True)
    return [item for _, item in stream[:ENTRIES]]


def _comment(visit: Visit, comment: Comment) -> ActivityItem:
    return ActivityItem(
        comment.author_name,
        _when(visit, comment.at),
        when_iso=comment.at.isoformat(),
        person=_person(comment.author_name, comment.author_id),
        quote=comment.text,
    )


def _when(visit: Visit, at: Any) -> str:
    zone = visit.profile.zone if visit.profile else "UTC"
    return formats.instant(at, zone, visit.locale)


def _happening(visit: Visit, entry: AuditEntry) -> ActivityItem:
    return ActivityItem(
        acting(visit, entry),
        _when(visit, entry.at),
        visit.labels.action_name(entry.action),
        entry.at.isoformat(),
        _person(entry.actor_name, entry.actor_id) if entry.actor_id else None,
        "bolt",
    )


def acting(visit: Visit, entry: AuditEntry) -> str:
    """Who acted, and for whom: Shop Link for Mei Lin."""
    if not entry.on_behalf_of:
        return entry.actor_name
    return visit.labels.text("web.actor.for", actor=entry.actor_name, person=entry.on_behalf_of)


def entries_of(work: Work, key: UUID, limit: int = ENTRIES) -> Sequence[tuple[AuditEntry, AuditChange]]:
    """The audit entries that touched a record with what they changed on it, newest first."""
    statement = (
        select(AuditEntry, AuditChange)
        .join(AuditChange, AuditChange.entry_id == AuditEntry.id)
        .where(AuditChange.record_id == key)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in work.session.execute(statement)]


def _audit(visit: Visit, work: Work, resource: Resource, key: UUID) -> list[ActivityItem]:
    """What happened to the record, as far as the reader may know it; each leads to its entry in the log."""
    entries = entries_of(work, key)
    changes = visible(work, [Changed(c.kind, c.record_id, c.operation, dict(c.columns)) for _, c in entries])
    references = references_in(work, changes)
    opens = visit.may(read_permission(AuditEntry))
    found = []
    for (entry, _), change in zip(entries, changes, strict=True):
        item = _happening(visit, entry)
        item.changes = changed_fields(visit, change, references)
        item.href = f"/platform/audit-entries/{entry.id}" if opens else ""
        found.append(item)
    return found


def file_item(visit: Visit, url: str, file: Attachment) -> FileItem:
    """An attachment as the panel lists it."""
    mine = visit.profile is not None and (file.author_id == visit.profile.user_id or visit.actor.grants.everything)
    return FileItem(
        file.name,
        f"{url}/files/{file.id}",
        size_text(file.size),
        _when(visit, file.at),
        file.author_name,
        file.name.rpartition(".")[2].lower()[:8] if "." in file.name else "",
        f"{url}/files/{file.id}/delete" if mine else "",
    )


def size_text(size: int) -> str:
    """1.2 MB"""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size = size / 1000  # type: ignore[assignment]
    return f"{size:.1f} GB"
