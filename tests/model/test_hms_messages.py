"""Health messages of printers: which are problems, their text, and their pages."""

import pytest

from custom_components.printago.api.models.telemetry import NAMELESS, HealthMessage, Severity
from custom_components.printago.model.hms import is_bambu, messages_of, problems_of, text_of, wiki_url

ERROR, WARNING = Severity.ERROR, Severity.WARNING
CODE = "0300-0D00-0001-000B"


def message(code: str | None = CODE, text: str = "Z axis stuck", severity: Severity = ERROR) -> HealthMessage:
    """Return a message of a printer."""
    return HealthMessage(code, text, severity)


def test_errors_come_before_warnings_each_once() -> None:
    warning, same, error = message(None, "Hot", WARNING), message("0300_0d00_0001_000b"), message()
    assert problems_of([], []) == ()
    assert problems_of([error, same], [warning, warning]) == (error, warning)
    assert problems_of([error], []) == (error,)
    assert problems_of([], [warning]) == (warning,)
    assert problems_of([error], [message(severity=WARNING)]) == (error, message(severity=WARNING))


@pytest.mark.parametrize(
    "paused",
    [
        message("0300-8013"),
        message("HMS_0300_8000"),
        message(None, "Print PAUSED by user"),
        message("1", "paused by the user"),
    ],
)
def test_pause_by_a_user_hides_no_other_problem(paused: HealthMessage) -> None:
    assert problems_of([paused, message()], [paused]) == (message(),)


@pytest.mark.parametrize("text", ["Paused by the filament sensor", "The user paused"])
def test_other_pauses_are_problems(text: str) -> None:
    assert problems_of([message(None, text)], []) == (message(None, text),)


@pytest.mark.parametrize(
    ("code", "text", "shown"),
    [
        (CODE, "Z axis stuck", "Z axis stuck"),
        (CODE, "", CODE),
        (CODE, "unknown", CODE),
        (CODE, "Unavailable", CODE),
        (CODE, "None", CODE),
        (None, "", NAMELESS),
        (None, "unknown", NAMELESS),
        ("unknown", "", NAMELESS),
        ("", "unavailable", NAMELESS),
    ],
)
def test_text_of_a_problem_never_looks_as_if_there_was_none(code: str | None, text: str, shown: str) -> None:
    assert text_of(message(code, text)) == shown


@pytest.mark.parametrize(
    ("provider", "bambu"), [("Bambu", True), ("bambu", True), ("Klipper", False), ("", False), (None, False)]
)
def test_only_bambu_printers_have_health_messages_with_pages(provider: str | None, bambu: bool) -> None:
    assert is_bambu(provider) is bambu
    page = "https://wiki.bambulab.com/en/x1/troubleshooting/hmscode/0300_0D00_0001_000B"
    assert messages_of(provider, [message(), message(None, "Hot", WARNING)]) == [
        {"code": CODE, "message": "Z axis stuck", "severity": "error", "wiki": page if bambu else None},
        {"code": None, "message": "Hot", "severity": "warning", "wiki": None},
    ]


@pytest.mark.parametrize(
    ("code", "page"),
    [
        ("0300-0d00-0001-000b", "0300_0D00_0001_000B"),
        ("hms_0300_8013", "0300_8013"),
        ("HMS 03008013", "0300_8013"),
        ("0300", None),
        ("0300-8013-1", None),
        ("\uff10300-8013", None),
        ("x0300-8013", None),
    ],
)
def test_page_is_that_of_the_code_in_any_spelling(code: str, page: str | None) -> None:
    assert wiki_url("Bambu", code) == (page and f"https://wiki.bambulab.com/en/x1/troubleshooting/hmscode/{page}")
