"""Remarks beside a record. Whoever may read the record may read and write them."""

from app.api.call import Answer, Call
from app.api.conditions import only_parameters
from app.api.inputs import arguments_of, read_object
from app.api.performing import carry_out, outcome
from app.kernel.errors import Missing
from app.platform.comments import comments_on, create_comment
from app.platform.queries import select_for
from app.platform.work import Work


def require_record(call: Call, work: Work) -> None:
    """Missing unless the caller may read the record in the address."""
    model, key = call.resource.model, call.ids[0]
    column = model.__mapper__.columns["id"]
    statement = select_for(work, model).where(column == key).with_only_columns(column)
    if work.session.execute(statement).first() is None:
        raise Missing("record.missing", noun=call.resource.name, id=str(key))


def check_record(call: Call) -> None:
    """Forbidden or Missing where the record in the address is not the caller's to read."""
    call.require(call.resource.read_permission)
    call.read(lambda work: require_record(call, work))


def read_comments(call: Call) -> Answer:
    """GET: newest first."""
    only_parameters(call)
    call.require(call.resource.read_permission)

    def query(work: Work) -> list[dict[str, object]]:
        require_record(call, work)
        return [
            {
                "id": said.id,
                "author_id": said.author_id,
                "author_name": said.author_name,
                "text": said.text,
                "at": said.at,
            }
            for said in comments_on(work, call.ids[0])
        ]

    return Answer({"data": call.read(query)})


def write_comment(call: Call) -> Answer:
    """POST: `{text}`."""
    only_parameters(call, "dry_run")
    arguments = arguments_of(
        create_comment, read_object(call), {"kind": call.resource.name, "record_id": str(call.ids[0])}
    )
    check_record(call)
    return outcome(call, create_comment, carry_out(call, create_comment, arguments))
