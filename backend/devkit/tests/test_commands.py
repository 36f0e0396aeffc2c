"""The doors: usage, ports, arguments."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devkit import __main__ as door
from devkit import android, bench, checking, demo, testing
from devkit.browser import chromium
from devkit.errors import ToolError
from devkit.manage import split_state
from devkit.paths import BACKEND, ROOT
from devkit.ports import free_port, is_free
from devkit.pytest_plugin import redis_of_worker
from devkit.stack import parse_users, seen


def test_no_command_prints_the_doors(capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main([]) == 2
    assert door.main(["--help"]) == 0
    for name in ("demo", "test", "check", "manage", "dialer", "bench"):
        assert name in capsys.readouterr().out or name in door.USAGE


def test_script_refuses_without_python(tmp_path: Path) -> None:
    for tool in ("dirname", "sh"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    (tmp_path / "python3.13").write_text("#!/bin/sh\nexit 127\n")
    (tmp_path / "python3.13").chmod(0o755)
    text = (ROOT / "crm").read_text(encoding="utf-8")
    script = tmp_path / "crm"
    for place in ("/usr/local/bin", "/usr/bin", "/opt"):
        text = text.replace(f"{place}/", f"{tmp_path}/none/")
    script.write_text(text)
    done = subprocess.run(
        ["/bin/sh", str(script), "demo"],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Не найден Python 3.13")
    assert done.stderr.count("\n") == 1


def test_busy_port_is_refused_with_another_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(ToolError, match=f"Порт {port} занят"):
            demo.choose_port(port)


@pytest.mark.parametrize("port", [-1, 65536])
def test_impossible_port_is_refused(port: int) -> None:
    with pytest.raises(ToolError):
        demo.choose_port(port)


def test_zero_takes_a_free_port() -> None:
    assert is_free(demo.choose_port(0))
    assert is_free(free_port())


@pytest.mark.parametrize(
    ("arguments", "state", "rest"),
    [
        (["migrate"], Path("default"), ["migrate"]),
        (["--state", "here", "migrate", "--plan"], Path("here"), ["migrate", "--plan"]),
        (["--state=here", "check"], Path("here"), ["check"]),
        (["command", "--state", "its own"], Path("default"), ["command", "--state", "its own"]),
    ],
)
def test_state_is_ours_only_before_the_command(arguments: list[str], state: Path, rest: list[str]) -> None:
    assert split_state(arguments, Path("default")) == (state, rest)


def test_state_without_a_folder_is_refused() -> None:
    with pytest.raises(ToolError):
        split_state(["--state"], Path("default"))


def test_people_of_the_demonstration_are_read_from_the_last_line() -> None:
    user = {"username": "anna", "password": "x", "role": "MANAGER", "branch": "Ekb", "phone": True}
    found = parse_users("готово\n" + json.dumps({"users": [user]}) + "\n")
    assert found == [{"username": "anna", "password": "x", "role": "manager", "branch": "ekb", "phone": True}]


def test_half_a_line_of_a_phone_is_not_read_yet() -> None:
    lines = '{"event": "synced", "user": "anna"}\nnoise\n{"event": "registered", "user": "dan"}\n{"event": "syn'
    assert seen(lines, "synced") == {"anna"}


def test_report_as_json_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    demo.report("http://127.0.0.1:1", [], as_json=True)
    assert json.loads(capsys.readouterr().out) == {"url": "http://127.0.0.1:1", "users": []}


def test_every_worker_has_its_own_redis_database() -> None:
    base = "redis://:p@127.0.0.1:1/8"
    found = {redis_of_worker(base, worker) for worker in ("", "gw0", "gw1")}
    assert found == {f"redis://:p@127.0.0.1:1/{number}" for number in (8, 9, 10)}


def test_paths_are_meant_from_where_the_person_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    here = str(BACKEND / "devkit")
    assert testing.absolute("backend/devkit::test_x") == f"{here}::test_x"
    assert testing.absolute("-k") == "-k"
    assert testing.absolute("no such thing") == "no such thing"


def test_own_number_of_processes_is_respected() -> None:
    assert "2" in testing.command(["-q"])
    assert "loadgroup" not in testing.command(["-n", "0"])


def test_unknown_bench_names_those_there_are() -> None:
    with pytest.raises(ToolError, match="Нет замера"):
        bench.main(["no-such-bench"])


def test_check_has_the_steps_of_ci() -> None:
    names = [step.name for step in checking.steps()]
    for name in ("ruff check", "ruff format", "import-linter", "djade", "djlint", "migrations", "mypy"):
        assert name in names


def run_pytest(tmp_path: Path, test: str, **env: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_it.py").write_text(test)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:django",
        "-p",
        "devkit.pytest_plugin",
        "-c",
        "/dev/null",
    ]
    command += ["--rootdir", str(tmp_path), "-p", "no:cacheprovider", str(tmp_path)]
    base = {key: value for key, value in os.environ.items() if key != "CI" and not key.startswith(("PYTEST_", "CRM_"))}
    return subprocess.run(command, env={**base, **env}, capture_output=True, text=True, check=False, cwd=tmp_path)


def test_skip_fails_in_ci_only(tmp_path: Path) -> None:
    source = "import pytest\n\ndef test_a():\n    pytest.skip('why')\n\ndef test_b():\n    pass\n"
    assert run_pytest(tmp_path, source).returncode == 0
    in_ci = run_pytest(tmp_path, source, CI="true")
    assert in_ci.returncode == 1
    assert "В CI пропущенный тест — ошибка" in in_ci.stdout


def test_browser_tests_are_left_out_without_a_browser(tmp_path: Path) -> None:
    source = "import pytest\n\n@pytest.mark.browser\ndef test_a():\n    assert False\n\ndef test_b():\n    pass\n"
    done = run_pytest(tmp_path, source, CRM_NO_BROWSER="1")
    assert done.returncode == 0
    assert "1 deselected" in done.stdout


def test_given_chromium_that_does_not_exist_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_CHROMIUM", "/no/such/chromium")
    assert chromium() == ""


def test_android_is_checked_where_its_tools_are_and_always_in_ci(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv("CI", raising=False)
    assert android.missing() == ["JDK 17", "Maven 3.8"]
    assert checking.check_android()
    assert "Приложение Android не проверено: нет JDK 17, Maven 3.8." in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    assert not checking.check_android()


@pytest.mark.parametrize("arguments", [["--e2e"], ["--e2e", "many"], ["--e2e", "0"], ["--e2e", "1", "2"]])
def test_number_of_end_to_end_runs_is_a_number(arguments: list[str]) -> None:
    with pytest.raises(ToolError, match="число прогонов"):
        android.main(arguments)
