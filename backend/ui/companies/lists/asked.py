"""What the address of a list asks for, with the saved view under it and what this browser remembers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse, QueryDict

from accounts.models import User
from companies.listing import Filter, Grammar, parse
from companies.listing.grammar import NO_VIEW, beyond
from companies.listing.keeping import default_view
from companies.listing.saved import base_of, views_of, with_view
from companies.models import Density, SavedView
from ui.actor import actor
from ui.pages import COOKIE_AGE_S, page_size, remember_size

UNASKED = frozenset({"page", "size", "density"})
FRAGMENT = "list"


@dataclass(frozen=True, slots=True)
class Asked:
    """`found` is all that is meant, `own` what the address says beside its view; `said` are the keys it has."""

    user: User
    found: Filter
    own: Filter
    views: list[SavedView]
    view: SavedView | None
    default_id: int | None
    size: int
    density: str
    number: str
    said: frozenset[str]

    @property
    def is_changed(self) -> bool:
        """The address says something else than its view."""
        return self.view is not None and bool(
            self.own.conditions or self.own.removed or self.own.q or self.own.sort or self.own.cols
        )

    def address(self, found: Filter) -> str:
        """A link to this list: «?…»; with a default view under the bare address «no view» has to be said."""
        text = found.canonical()
        return f"?{text or f'view={NO_VIEW}' if self.default_id else text}"

    @property
    def canonical(self) -> str:
        text = self.address(self.own)
        if not self.number.isascii() or not self.number.isdigit() or self.number in {"0", "1"}:
            return text
        return f"{text}&page={self.number}" if text != "?" else f"?page={self.number}"


def read_asked(request: HttpRequest, grammar: Grammar) -> Asked:
    """The address of `request`; a bare one means the person's default view."""
    user, params = actor(request), request.GET
    default_id = default_view(user, grammar.subject)
    own = parse(params, grammar, ignore={"density"})
    if set(params) <= UNASKED:
        own = replace(own, view=default_id)
    views = list(views_of(user, grammar.subject))
    view = next((one for one in views if one.pk == own.view), None)
    found = with_view(view, own) if own.view else own
    own = beyond(base_of(view, own), own) if view else own
    if not found.cols and "cols" not in params:
        kept = parse(QueryDict(mutable=False), grammar) if view else _remembered(request, grammar)
        found = replace(found, cols=kept.cols)
    density = params.get("density", request.COOKIES.get("density", "") if view is None else view.density)
    return Asked(
        user=user,
        found=found,
        own=own,
        views=views,
        view=view,
        default_id=default_id,
        size=page_size(request),
        density=density if density in Density.values else "",
        number=params.get("page", "1")[:9],
        said=frozenset(params),
    )


def is_fragment(request: HttpRequest) -> bool:
    """A script asks for the list alone: a filter was changed, or the page looks again."""
    return request.headers.get("X-Fragment") == FRAGMENT or request.headers.get("X-Requested-With") == "fetch"


def remember(request: HttpRequest, response: HttpResponse, asked: Asked) -> HttpResponse:
    """Keep what this address chose for the next time: rows a page, density, columns; and say the canonical form."""
    response["HX-Replace-Url"] = request.path + asked.canonical.removesuffix("?")
    chosen = {"density": asked.density} if "density" in asked.said else {}
    if "cols" in asked.said and asked.view is None:
        chosen[_cookie(asked.found.grammar)] = ",".join(asked.own.cols)
    for name, value in chosen.items():
        response.set_cookie(
            name, value, max_age=COOKIE_AGE_S, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return remember_size(request, response)


def _cookie(grammar: Grammar) -> str:
    return f"cols_{grammar.subject}"


def _remembered(request: HttpRequest, grammar: Grammar) -> Filter:
    params = QueryDict(mutable=True)
    params["cols"] = request.COOKIES.get(_cookie(grammar), "")
    return parse(params, grammar)
