"""Who comes to work: a Celery worker that is called by name, or the only process there is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import User
from devkit.serving import wait_until
from jobs.models import Job
from jobs.tests.stand import begin, codes, times
from jobs.tests.workers import BACKEND, database_env

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]
SINGLE = "import django; django.setup(); from jobs.tests.single import main; main()"


def test_celery_worker_is_called_by_name_and_does_the_job_turn_by_turn(anna: User, tmp_path: Path) -> None:
    job = begin(anna, codes(9))
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "-A", "crm", "worker", "-P", "solo", "-I", "jobs.tests.stand"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "-n", f"jobs{os.getpid()}@%h"],
            cwd=BACKEND,
            env={**database_env(), "CRM_JOB_TURN_S": "0"},
            stdout=out,
            stderr=out,
        )
    try:
        wait_until(lambda: Job.objects.filter(pk=job.pk, status="done").exists(), f"the worker is done; see {log}")
    finally:
        process.terminate()
        process.wait(30)
    assert dict(times(job)) == dict.fromkeys(range(1, 10), 1)


def test_process_without_celery_on_sqlite_does_its_jobs_itself(tmp_path: Path) -> None:
    env = {
        **database_env(),
        "DB_ENGINE": "sqlite",
        "SQLITE_PATH": str(tmp_path / "db.sqlite3"),
        "REDIS_URL": "",
        "CELERY_BROKER_URL": "",
    }
    migrated = subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v", "0"], cwd=BACKEND, env=env, capture_output=True, check=False
    )
    assert migrated.returncode == 0, migrated.stderr[-2000:]
    done = subprocess.run(
        [sys.executable, "-c", SINGLE], cwd=BACKEND, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) == ["done", {"done": 6, "refused": 1}, 6, "undone", 0]
    assert settings.CELERY_BROKER_URL
