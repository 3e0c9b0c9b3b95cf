"""What the cloud refuses."""


class ApiError(Exception):
    """A refusal that REST answers as `{"statusCode", "message"}`."""

    def __init__(self, status: int, message: str) -> None:
        """Take the HTTP status and the text for the user."""
        super().__init__(message)
        self.status = status
        self.message = message


class BadRequestError(ApiError):
    """The request makes no sense (400)."""

    def __init__(self, message: str) -> None:
        """Take the text for the user."""
        super().__init__(400, message)


class NotFoundError(ApiError):
    """There is no such thing (404)."""

    def __init__(self, what: str, record_id: str) -> None:
        """Take what was looked for, and its ID."""
        super().__init__(404, f"{what} not found: {record_id}")
