"""What pages hear of a job, how often, and who."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client as Http

from accounts.models import User
from common.realtime import Event, hub
from common.tests.sockets import stop_loops
from crm.tests.docfiles import problems
from jobs import engine, services
from jobs.models import Job
from jobs.progress import EVERY_S, topic
from jobs.selectors import NoSuchJob, get_visible_job, visible_jobs
from jobs.tests.stand import begin, codes, finished, make
from notifications import topics
from notifications.tests.test_browser_socket import page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _loops() -> AsyncIterator[None]:
    yield
    await stop_loops()


class Ear:
    """Hears a topic, with the moments."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, dict[str, Any]]] = []
        self.ended = asyncio.Event()

    def deliver(self, event: Event) -> None:
        self.heard.append((time.monotonic(), event.data))
        if event.data["status"] in {"done", "undone", "cancelled", "failed"}:
            self.ended.set()

    async def frames(self) -> list[dict[str, Any]]:
        """Everything up to the end of the job."""
        await asyncio.wait_for(self.ended.wait(), 60)
        self.ended.clear()
        found, self.heard = self.heard, []
        return [frame for _at, frame in found]


async def listening(job: Job) -> Ear:
    ear = Ear()
    await hub().subscribe(ear, topic(job.pk))
    return ear


async def test_frames_are_few_and_the_last_one_always_comes(anna: User) -> None:
    job = await sync_to_async(make)(anna, codes(900))
    ear = await listening(job)
    await sync_to_async(services.start)(job=job)
    started = time.monotonic()
    await sync_to_async(finished)(job)
    took_s = time.monotonic() - started
    frames = await ear.frames()
    assert [f for f in frames if problems(f, "tellBrowser")] == []
    first, *between, last = frames
    assert first == {
        "type": "progress",
        "job": str(job.pk),
        "status": "running",
        "cursor": 0,
        "total": 900,
        "counts": {"pending": 900},
    }
    assert 1 <= len(between) <= took_s / EVERY_S
    assert [f["cursor"] for f in frames] == sorted(f["cursor"] for f in frames)
    assert all(sum(f["counts"].values()) == 900 and f["counts"].get("done", 0) == f["cursor"] for f in frames)
    assert last | {"status": "done", "cursor": 900, "counts": {"done": 900}} == last


async def test_short_job_tells_its_start_and_its_end_in_both_directions(anna: User) -> None:
    job = await sync_to_async(make)(anna, codes(2))
    ear = await listening(job)
    await sync_to_async(services.start)(job=job)
    await sync_to_async(finished)(job)
    assert [(f["status"], f["cursor"], f["counts"]) for f in await ear.frames()] == [
        ("running", 0, {"pending": 2}),
        ("done", 2, {"done": 2}),
    ]
    await sync_to_async(services.undo)(job=job, actor=anna)
    await sync_to_async(finished)(job)
    frames = await ear.frames()
    assert [(f["status"], f["cursor"], f["total"], f["counts"]) for f in frames] == [
        ("undoing", 0, 2, {}),
        ("undone", 2, 2, {"undone": 2}),
    ]
    assert [f for f in frames if problems(f, "tellBrowser")] == []


async def test_queue_cancel_and_failure_are_told(anna: User) -> None:
    await sync_to_async(begin)(anna, codes(1), "test.exclusive")
    waiting = await sync_to_async(make)(anna, codes(1, "c"), "test.exclusive")
    ear = await listening(waiting)
    await sync_to_async(services.start)(job=waiting)
    await sync_to_async(services.cancel)(job=waiting, actor=anna)
    assert [f["status"] for f in await ear.frames()] == ["queued", "cancelled"]
    broken = await sync_to_async(make)(anna, codes(1, "d", fail=True))
    ear = await listening(broken)
    await sync_to_async(services.start)(job=broken)
    await sync_to_async(finished)(broken)
    assert [f["status"] for f in await ear.frames()] == ["running", "failed"]


async def test_page_hears_its_job_and_the_kinds_guests_and_nobody_else(
    anna: User, boris: User, clara: User, dan: User, ada: User
) -> None:
    job = await sync_to_async(make)(anna, codes(2))
    tabs = [await page(user, topic(job.pk)) for user in (anna, clara, boris, dan, ada)]
    assert [tab.seen[-1]["type"] for tab in tabs] == ["watching", "watching", "denied", "denied", "denied"]
    await sync_to_async(services.start)(job=job)
    await sync_to_async(engine.run)(job_id=job.pk)
    for tab in tabs[:2]:
        assert (await tab.next(lambda f: f.get("status") == "done"))["cursor"] == 2
    for tab in tabs:
        await tab.disconnect()


def test_topic_and_list_ask_the_same_question(anna: User, boris: User, clara: User, ada: User) -> None:
    job = make(anna, codes(1))
    own = make(boris, codes(1, "c"))
    for user, jobs in ((anna, [job]), (boris, [own]), (clara, [own, job]), (ada, [])):
        assert list(visible_jobs(user)) == jobs
        for asked in (job, own):
            assert topics.may_join(user, topic(asked.pk)) == (asked in jobs)
    assert get_visible_job(anna, job.pk) == job
    for missing in (own.pk, uuid.uuid4()):
        with pytest.raises(NoSuchJob):
            get_visible_job(anna, missing)
    for key in ("", "x", "1", str(job.pk).upper(), job.pk.hex, f"{{{job.pk}}}", f"{job.pk}\x00"):
        assert not topics.may_join(anna, f"job.{key}"), key
    anna.is_active = False
    assert list(visible_jobs(anna)) == []
    assert not topics.may_join(anna, topic(job.pk))


def test_administrator_looks_and_changes_nothing(ada: User, anna: User) -> None:
    job = finished(begin(anna, codes(2)))
    http = Http()
    http.force_login(ada)
    assert "Проверка" in http.get("/admin/jobs/job/").content.decode()
    answer = http.get(f"/admin/jobs/job/{job.pk}/change/")
    assert answer.status_code == 200
    assert "_save" not in answer.content.decode()
    assert http.post(f"/admin/jobs/job/{job.pk}/change/", {"title": "x"}).status_code == 403
    assert http.get("/admin/jobs/job/add/").status_code == 403
