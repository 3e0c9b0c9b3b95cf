"""Errors that the cloud returns."""


class ApiError(Exception):
    """An error that REST returns as `{"statusCode", "message"}`."""

    def __init__(self, status: int, message: str) -> None:
        """Use an HTTP status and a text for the user."""
        super().__init__(message)
        self.status = status
        self.message = message


class BadRequestError(ApiError):
    """The request is invalid (400)."""

    def __init__(self, message: str) -> None:
        """Use a text for the user."""
        super().__init__(400, message)


class NotFoundError(ApiError):
    """The record does not exist (404)."""

    def __init__(self, what: str, record_id: str) -> None:
        """Use the kind and the ID of the record."""
        super().__init__(404, f"{what} not found: {record_id}")
