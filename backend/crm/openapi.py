"""What every REST answer has in common, added to the generated description."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

METHODS = {"get", "post", "put", "patch", "delete"}
ERROR = {
    "type": "object",
    "description": "Отказ: `detail` — фраза для человека, `code` — слово для программы.",
    "properties": {"detail": {"type": "string"}, "code": {"type": "string"}},
    "required": ["detail", "code"],
    "additionalProperties": True,
}
BODY = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
COMMON = {
    "401": "Вход недействителен или истёк",
    "503": "База данных недоступна, повторите",
}


class Schema(AutoSchema):
    """A view that says `is_list` has a list behind GET, also when its page is written by hand."""

    def get_operation_id(self) -> str:
        name = str(super().get_operation_id())
        return (
            name.removesuffix("_retrieve") + "_list"
            if getattr(self.view, "is_list", False) and self.method == "GET"
            else name
        )


def add_common_answers(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Every refusal has one shape; every operation may find its caller unknown or the database away."""
    result["components"]["schemas"]["Error"] = ERROR
    for operations in result["paths"].values():
        for method, operation in operations.items():
            if method in METHODS:
                _complete(operation["responses"], is_public=not operation.get("security", [{}])[0])
                _may_be_misunderstood(operation)
    return result


def _may_be_misunderstood(operation: dict[str, Any]) -> None:
    """A body may be no JSON object; a list may have no such page."""
    if "requestBody" in operation:
        operation["responses"].setdefault("400", {"description": "Тело запроса не разобрано", "content": BODY})
    if any(parameter["name"] == "page" for parameter in operation.get("parameters", [])):
        operation["responses"].setdefault("404", {"description": "Нет такой страницы", "content": BODY})


def _complete(answers: dict[str, Any], *, is_public: bool) -> None:
    for status, words in COMMON.items():
        if status == "503" or not is_public:
            answers.setdefault(status, {"description": words})
    for status, answer in answers.items():
        if int(status) >= 400:
            answer["content"] = BODY
