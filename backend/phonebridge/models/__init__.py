"""Phones, calls and what phones told about them."""

from phonebridge.models.after import AfterCall, Outcome
from phonebridge.models.callbacks import CallBack, CallBackQuerySet, CallBackState, CloseReason
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
from phonebridge.models.plans import CallPlan, WallLink
from phonebridge.models.reports import CallReport, DeadLetter, DeadReason
from phonebridge.models.rollup import CallDay, CallDayState, CallDirty, CallHour, CallMix, CallUnique

__all__ = [
    "AfterCall",
    "CallBack",
    "CallBackQuerySet",
    "CallBackState",
    "CallDay",
    "CallDayState",
    "CallDirty",
    "CallHour",
    "CallMix",
    "CallPlan",
    "CallQuerySet",
    "CallReject",
    "CallReport",
    "CallRequest",
    "CallUnique",
    "CloseReason",
    "DeadLetter",
    "DeadReason",
    "DeviceQuerySet",
    "MobileAppBuild",
    "MobileAppQrToken",
    "Outcome",
    "PhoneDevice",
    "PhoneLogBundle",
    "PhoneTelemetry",
    "ServerProcess",
    "WallLink",
]
