"""A client of the Printago cloud: REST within its quota, and the realtime stream.

It does not depend on Home Assistant. Session, TLS context and clocks are passed in.
"""

from .client import PrintagoClient
from .exceptions import (
    AuthenticationError,
    CannotConnectError,
    InUseError,
    InvalidRequestError,
    MalformedMessageError,
    MalformedResponseError,
    NotAppliedError,
    NotEntitledError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PrintagoError,
    RateLimitedError,
    is_missing_api_access,
)
from .models.entity_event import Action, EntityEvent
from .models.fields import is_identifier
from .models.listing import Listing
from .models.records import JobStatus, Printer, PrintJob
from .models.row import PrinterRow
from .models.telemetry import HealthMessage, Severity, StatMessage, Telemetry
from .realtime.endpoints import DEFAULT_REALTIME_URL, InvalidRealtimeUrl, parse_endpoint
from .realtime.messages import MessageReader, parse_message
from .realtime.realtime_client import KEEPALIVE_SECONDS, RealtimeClient
from .rest.rate_limit import MAX_WAIT, RateLimiter, RequestPriority
from .rest.request_log import MAX_UNSAVED, RequestLog, uptime
from .rest.transport import DEFAULT_API_URL, ServerClock, Transport, parse_api_url

__all__ = [
    "DEFAULT_API_URL",
    "DEFAULT_REALTIME_URL",
    "KEEPALIVE_SECONDS",
    "MAX_UNSAVED",
    "MAX_WAIT",
    "Action",
    "AuthenticationError",
    "CannotConnectError",
    "EntityEvent",
    "HealthMessage",
    "InUseError",
    "InvalidRealtimeUrl",
    "InvalidRequestError",
    "JobStatus",
    "Listing",
    "MalformedMessageError",
    "MalformedResponseError",
    "MessageReader",
    "NotAppliedError",
    "NotEntitledError",
    "NotFoundError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "PrintJob",
    "PrintagoClient",
    "PrintagoError",
    "Printer",
    "PrinterRow",
    "RateLimitedError",
    "RateLimiter",
    "RealtimeClient",
    "RequestLog",
    "RequestPriority",
    "ServerClock",
    "Severity",
    "StatMessage",
    "Telemetry",
    "Transport",
    "is_identifier",
    "is_missing_api_access",
    "parse_api_url",
    "parse_endpoint",
    "parse_message",
    "uptime",
]
