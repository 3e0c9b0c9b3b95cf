"""Log messages of the MQTT library."""

import logging

import pytest

from custom_components.printago.api.realtime.connection import WireLogger
from custom_components.printago.api.redaction import Redactor

TARGET = logging.getLogger("printago_wire_test")


def test_error_of_the_mqtt_library_is_logged_as_debug_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, TARGET.name)
    WireLogger(TARGET, Redactor("s3cret")).error("failed to receive on socket: %s", "s3cret pipe")
    (record,) = caplog.records
    assert record.levelno == logging.DEBUG
    assert record.getMessage() == "failed to receive on socket: *** pipe"


def test_error_of_the_mqtt_library_is_not_logged_above_debug_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, TARGET.name)
    WireLogger(TARGET, Redactor("s3cret")).error("failed to receive on socket")
    assert not caplog.records
