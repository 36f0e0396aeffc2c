"""The one kind of refusal that a person can act on."""

from __future__ import annotations


class DomainError(Exception):
    """A refusal with a stable `code` for programs and a sentence for people.

    `status` is the HTTP status that the API answers with; `extra` joins the answer's body.
    """

    code = "refused"
    status = 400

    def __init__(self, detail: str, *, code: str = "", status: int = 0, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.status = status or self.status
        self.extra = extra
