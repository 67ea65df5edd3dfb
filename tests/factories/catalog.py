"""A schema as PostgreSQL's catalog holds it, with names of its own replaced, so that two can be compared."""

from collections.abc import Iterator

import psycopg

QUERIES = {
    "columns": """
        SELECT c.relname, c.relkind::text, c.relpersistence::text, c.reloptions::text, a.attname, format_type(a.atttypid, a.atttypmod),
               a.attnotnull, a.attidentity::text, a.attgenerated::text, coll.collname, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation coll ON coll.oid = a.attcollation
        WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype::text, condeferrable, convalidated, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace""",
    "indexes": """
        SELECT indrelid::regclass::text, indexrelid::regclass::text, indisunique, indisvalid, pg_get_indexdef(indexrelid),
               (SELECT reloptions::text FROM pg_class WHERE oid = indexrelid)
        FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE c.relnamespace = %(schema)s::regnamespace""",
    "grants": """
        SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), x.privilege_type, x.is_grantable, o.rolname
        FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner CROSS JOIN aclexplode(c.relacl) x
        LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE c.relnamespace = %(schema)s::regnamespace""",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
        WHERE NOT tgisinternal AND c.relnamespace = %(schema)s::regnamespace""",
    "functions": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace""",
    "version": "SELECT version_num FROM alembic_version",
}


def described(connection: psycopg.Connection, schema: str) -> Iterator[tuple[str, ...]]:
    """Every fact of the schema, in order, with its own name written as `tenant`."""
    connection.execute(f"SET search_path = {schema}".encode())
    for name, query in QUERIES.items():
        rows = connection.execute(query.encode(), {"schema": schema}).fetchall()
        yield from sorted((name, *(str(value).replace(schema, "tenant") for value in row)) for row in rows)
