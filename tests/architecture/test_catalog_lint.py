"""What a tenant's schema may not contain, so that the same code runs on Citus (`docs/architecture.md`, section 6)."""

import re
from pathlib import Path

import psycopg
import pytest

from migrations.history import GUARDS
from tenants.resolve import TenantRef
from tests.factories.installation import Installation

LONGEST_NAME = 44

RULES = {
    "no primary key": """
        SELECT relname FROM pg_class c WHERE relkind IN ('r', 'p') AND relnamespace = %(schema)s::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')""",
    "name too long": """
        SELECT relname FROM pg_class WHERE relnamespace = %(schema)s::regnamespace AND length(relname) > %(longest)s""",
    "constraint name too long": """
        SELECT conname FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace AND length(conname) > %(longest)s
        AND contype <> 'n'  -- PostgreSQL 18 names NOT NULL itself""",
    "foreign key leaves the schema": """
        SELECT conname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
        WHERE contype = 'f' AND connamespace = %(schema)s::regnamespace AND f.relnamespace <> connamespace""",
    "deferrable constraint": """
        SELECT conname FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace AND condeferrable""",
    "unvalidated constraint": """
        SELECT conname FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace AND NOT convalidated""",
    "cascading foreign key": """
        SELECT conname FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace AND contype = 'f'
        AND (confdeltype NOT IN ('a', 'r') OR confupdtype NOT IN ('a', 'r'))""",
    "identity or serial": """
        SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
        AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE '%%nextval(%%')""",
    "float money": """
        SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = %(schema)s::regnamespace AND a.attnum > 0
        AND a.atttypid IN ('float4'::regtype, 'float8'::regtype, 'money'::regtype)""",
    "instant without a zone": """
        SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = %(schema)s::regnamespace AND a.attnum > 0 AND a.atttypid = 'timestamp'::regtype""",
    "multi-level partition": """
        SELECT relname FROM pg_class WHERE relkind = 'p' AND relispartition AND relnamespace = %(schema)s::regnamespace""",
    "plain inheritance": """
        SELECT i.inhrelid::regclass::text FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
        WHERE p.relkind = 'r' AND p.relnamespace = %(schema)s::regnamespace""",
    "rewrite rule": """
        SELECT rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        WHERE c.relnamespace = %(schema)s::regnamespace AND rulename <> '_RETURN'""",
    "row policy": """
        SELECT polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace = %(schema)s::regnamespace""",
    "view": """
        SELECT relname FROM pg_class WHERE relkind IN ('v', 'm', 'f', 'S') AND relnamespace = %(schema)s::regnamespace""",
    "granted to everyone": """
        SELECT relname FROM pg_class CROSS JOIN aclexplode(relacl) x
        WHERE relnamespace = %(schema)s::regnamespace AND x.grantee = 0""",
    "owned by a role people work in": """
        SELECT relname FROM pg_class JOIN pg_roles r ON r.oid = relowner
        WHERE relnamespace = %(schema)s::regnamespace AND r.rolname LIKE 't\\_%%'""",
}


@pytest.fixture(scope="module")
def schema(installation: Installation) -> str:
    tenant: TenantRef = installation.new_tenant()
    return tenant.schema


@pytest.mark.parametrize("rule", RULES)
def test_a_fresh_tenant_keeps_the_rule(installation: Installation, schema: str, rule: str) -> None:
    assert asked(installation, RULES[rule], schema) == []


def test_the_only_triggers_and_functions_are_the_guards(installation: Installation, schema: str) -> None:
    text = GUARDS.read_text() if GUARDS.exists() else ""
    functions = set(re.findall(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)", text, re.IGNORECASE))
    triggers = set(re.findall(r"CREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER (\w+)", text, re.IGNORECASE))
    assert set(asked(installation, FUNCTIONS, schema)) == functions
    assert set(asked(installation, TRIGGERS, schema)) == triggers


def test_guards_only_reject() -> None:
    text = GUARDS.read_text() if GUARDS.exists() else ""
    code = re.sub(r"--[^\n]*", "", text)
    assert re.search(r"\b(?:INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|EXECUTE\s+')", code, re.IGNORECASE) is None
    assert "DEFERRABLE" not in code.upper()
    assert "SECURITY DEFINER" not in code.upper()


def test_migrations_write_no_trigger_or_function_beside_the_guards() -> None:
    for path in Path("migrations/tenant/versions").glob("*.py"):
        assert re.search(r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|TRIGGER|RULE|VIEW)", path.read_text()) is None, path


FUNCTIONS = "SELECT proname FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace"
TRIGGERS = """
    SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
    WHERE NOT tgisinternal AND c.relnamespace = %(schema)s::regnamespace"""


def asked(installation: Installation, query: str, schema: str) -> list[str]:
    with psycopg.connect(installation.cells.owner_url("main")) as owner:
        rows = owner.execute(query.encode(), {"schema": schema, "longest": LONGEST_NAME}).fetchall()
    return sorted(str(row[0]) for row in rows)
