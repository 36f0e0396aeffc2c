"""Phones, calls and what phones told about them."""

from phonebridge.models.calls import CallQuerySet, CallReject, CallRequest
from phonebridge.models.devices import (
    DeviceQuerySet,
    MobileAppBuild,
    MobileAppQrToken,
    PhoneDevice,
    PhoneLogBundle,
    PhoneTelemetry,
    ServerProcess,
)
from phonebridge.models.reports import CallReport, DeadLetter, DeadReason

__all__ = [
    "CallQuerySet",
    "CallReject",
    "CallReport",
    "CallRequest",
    "DeadLetter",
    "DeadReason",
    "DeviceQuerySet",
    "MobileAppBuild",
    "MobileAppQrToken",
    "PhoneDevice",
    "PhoneLogBundle",
    "PhoneTelemetry",
    "ServerProcess",
]
