"""What operators see: structured logs, Prometheus metrics, defects to Sentry.

Every log line and Sentry event carries the request id and the tenant bound by the doors (`bind`). Values
under names that hold secrets are masked before they leave the process, and tracebacks come without the
variables of their frames.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import structlog
import structlog.tracebacks
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from app.adapters.shared_metrics import METRICS_FOLDER

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

SECRET_NAMES: Final = ("password", "token", "secret", "authorization", "cookie", "dsn", "api_key", "ticket")

REQUEST_SECONDS: Final = Histogram(
    "hanse_request_seconds",
    "Time to answer a request, by route template.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
REQUEST_STATEMENTS: Final = Histogram(
    "hanse_request_statements",
    "SQL statements a request sent, by route template.",
    ["method", "route"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
ACTIONS: Final = Counter("hanse_actions", "Actions through the gate, by outcome.", ["action", "outcome"])
ACTION_SECONDS: Final = Histogram(
    "hanse_action_seconds",
    "Time an action took, with its transaction.",
    ["action"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30),
)
JOBS: Final = Counter("hanse_jobs", "Jobs of the worker, by outcome.", ["job", "outcome"])
OUTBOX_LAG: Final = Gauge(
    "hanse_outbox_lag_seconds", "Age of the oldest outbox row not yet relayed.", multiprocess_mode="max"
)


def configure_logging(form: str, level: int = logging.INFO) -> None:
    """Send all logs, ours and libraries', to standard error as `json` lines or for a `console`."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_secrets,
    ]
    if form == "json":
        last: list[structlog.typing.Processor] = [
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    else:
        last = [structlog.dev.ConsoleRenderer(colors=os.isatty(2), exception_formatter=structlog.dev.plain_traceback)]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("botocore", "boto3", "s3transfer", "urllib3", "fontTools", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def mask_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values whose name says they are secret."""
    for name in event:
        if any(word in name.lower() for word in SECRET_NAMES):
            event[name] = "***"
    return event


@contextmanager
def bind(**context: str) -> Iterator[None]:
    """Add `request_id`, `tenant`, … to every line logged and every defect reported inside the block."""
    with structlog.contextvars.bound_contextvars(**context):
        yield


def observe_request(method: str, route: str, status: int, seconds: float, statements: int) -> None:
    """Count one answered request; `route` is the template, never the address (its values are unbounded)."""
    REQUEST_SECONDS.labels(method, route, str(status)).observe(seconds)
    REQUEST_STATEMENTS.labels(method, route).observe(statements)


def count_action(action: str, outcome: str, seconds: float) -> None:
    """Count one passage through the gate; `outcome` is `done`, `replayed`, a refusal's kind, or `defect`."""
    ACTIONS.labels(action, outcome).inc()
    ACTION_SECONDS.labels(action).observe(seconds)


def count_job(job: str, outcome: str) -> None:
    """Count one finished job."""
    JOBS.labels(job, outcome).inc()


def metrics() -> tuple[bytes, str]:
    """The exposition of all web processes of this machine, and its content type."""
    registry: CollectorRegistry = REGISTRY
    if os.environ.get(METRICS_FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST


def configure_sentry(dsn: str, environment: str) -> bool:
    """Report defects when a project is set; personal data and request bodies stay here."""
    if not dsn:
        return False
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=f"hanse@{version('hanse')}",
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        before_send=_with_context,
    )
    return True


def _with_context(event: Event, _hint: Hint) -> Event:
    bound = structlog.contextvars.get_contextvars()
    event["tags"] = {**dict(event.get("tags") or {}), **{name: str(value) for name, value in bound.items()}}
    return event
