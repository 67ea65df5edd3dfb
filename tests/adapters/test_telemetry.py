"""Telemetry: log lines carry context and no secrets; metrics count."""

import json
import subprocess
import sys

from app.adapters import telemetry

PROGRAM = """
import logging, structlog, sys
from app.adapters import telemetry
telemetry.configure_logging(sys.argv[1])
with telemetry.bind(request_id="r-1", tenant="t_a"):
    structlog.get_logger("hanse").info("posted", voucher="记-1", password="hunter2", api_token="abc")
    logging.getLogger("library").warning("plain %s", "line")
    try:
        innocent = "hunter" + str(3 - 1)  # a local variable must not be shown either
        1 / 0
    except ZeroDivisionError:
        structlog.get_logger("hanse").exception("defect")
"""


def test_json_lines_carry_context_and_mask_secrets() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM, "json"], capture_output=True, text=True, check=True)
    posted, plain, defect = map(json.loads, ran.stderr.splitlines())
    assert posted["event"] == "posted"
    assert (posted["request_id"], posted["tenant"], posted["voucher"]) == ("r-1", "t_a", "记-1")
    assert "hunter2" not in ran.stderr
    assert posted["api_token"] == "***"
    assert posted["timestamp"].endswith("Z"), "log lines tell universal time"
    assert (plain["event"], plain["tenant"], plain["level"]) == ("plain line", "t_a", "warning")
    assert defect["exception"][0]["exc_type"] == "ZeroDivisionError"


def test_what_people_send_begins_no_line_of_its_own() -> None:
    forged = '\\n{\\"event\\": \\"forged\\"}'
    program = PROGRAM.replace('"line"', f'"line{forged}"')
    ran = subprocess.run([sys.executable, "-c", program, "json"], capture_output=True, text=True, check=True)
    events = [json.loads(line)["event"] for line in ran.stderr.splitlines()]
    assert events == ["posted", 'plain line\n{"event": "forged"}', "defect"]


def test_console_lines_are_plain_and_mask_secrets() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM, "console"], capture_output=True, text=True, check=True)
    assert "posted" in ran.stderr
    assert "ZeroDivisionError" in ran.stderr
    assert "hunter2" not in ran.stderr


def test_metrics_count_requests_and_actions() -> None:
    telemetry.observe_request("GET", "/tested/{id}", 200, 0.012, 7)
    telemetry.count_action("shop.test_order", "done", 0.02)
    telemetry.count_job("relay", "done")
    content, kind = telemetry.metrics()
    text = content.decode()
    assert 'hanse_request_seconds_count{method="GET",route="/tested/{id}",status="200"} 1.0' in text
    assert 'hanse_actions_total{action="shop.test_order",outcome="done"} 1.0' in text
    assert kind.startswith("text/plain")


def test_sentry_is_off_without_a_project() -> None:
    assert telemetry.configure_sentry("", "test") is False
