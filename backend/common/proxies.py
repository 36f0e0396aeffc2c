"""The caller's address: X-Forwarded-For counts only when a trusted proxy says it (S-3)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache
def _networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(p, strict=False) for p in proxies)


def is_trusted(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@lru_cache(maxsize=4096)
def usual_form(text: str) -> str:
    """An address as a column can hold it: without a zone, IPv4 inside IPv6 as IPv4; '' when it is not one."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def client_address(peer: str, forwarded: str) -> str:
    """The nearest address to us that is not a trusted proxy; '' when unknown."""
    chain: Iterable[str] = [*(p.strip() for p in forwarded.split(",") if p.strip()), peer]
    found = peer
    for said in reversed(list(chain)):
        address = usual_form(said)
        if not address:
            break
        found = address
        if not is_trusted(address):
            break
    return found


class ProxyMiddleware:
    """Puts the caller's true address into REMOTE_ADDR and believes X-Forwarded-Proto of trusted proxies only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        peer = usual_form(request.META.get("REMOTE_ADDR") or "127.0.0.1")
        request.META["REMOTE_ADDR"] = peer
        if is_trusted(peer):
            request.META["REMOTE_ADDR"] = client_address(peer, request.META.get("HTTP_X_FORWARDED_FOR", ""))
            if request.META.get("HTTP_X_FORWARDED_PROTO") == "https":
                request.META["wsgi.url_scheme"] = "https"
                if hasattr(request, "scope"):
                    request.scope["scheme"] = "https"
        else:
            request.META.pop("HTTP_X_FORWARDED_FOR", None)
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return self.get_response(request)
