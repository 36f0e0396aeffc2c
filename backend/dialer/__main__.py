"""`python -m dialer`: the command line of the simulated phone."""

import argparse
import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

from dialer import fleet
from dialer.options import Options
from dialer.script import CallSpec, Outcome, Script
from dialer.script_file import BadScript, load

EXAMPLE = """\
сценарий с входящими (--script файл.json), номера и секунды любые:
  {"events": [
    {"at_s": 5, "do": "incoming", "phone": "+73430001234", "ring_s": 4, "talk_s": 20},
    {"at_s": 40, "do": "missed", "phone": "+73430001234", "ring_s": 8},
    {"at_s": 60, "do": "rejected", "phone": ""},
    {"at_s": 70, "do": "missed", "count": 3, "late_s": [3600, 90000]}]}
ring_s — звонит столько секунд, и лишь потом приходит итог; phone "" — номер скрыт;
late_s — звонок был столько секунд назад, телефон говорит о нём только теперь.
Поздний итог звонка из CRM: {"calls": [{"report_delay_s": 300}]}. Всё остальное: docs/dialer.md.
"""


def parser() -> argparse.ArgumentParser:
    cli = argparse.ArgumentParser(
        prog="crm dialer", description="Имитация телефона: один или тысячи.", epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = cli.add_argument
    add("--url", required=True, help="адрес CRM, например http://127.0.0.1:8000")
    add("--ws-url", default="", help="адрес сокетов, если он другой")
    add("--username", required=True, help="логин или несколько через запятую; {i} заменяется номером телефона")
    add("--password", default=os.environ.get("CRM_DIALER_PASSWORD", ""),
        help="пароль; иначе из CRM_DIALER_PASSWORD (не нужен с --tokens)")  # fmt: skip
    add("--transport", choices=("ws", "poll", "poll-new"), default="ws",
        help="ws — сокет; poll — старый дозвонщик; poll-new — новый клиент на опросе")  # fmt: skip
    add("--count", type=int, help="сколько телефонов (обычно по одному на логин)")
    add("--start", type=int, default=1, help="номер первого телефона")
    add(
        "--script",
        type=Path,
        help="сценарий JSON: итоги, сбои, входящие, пропущенные и поздние звонки (docs/dialer.md)",
    )
    add("--seed", default="", help="зерно случайности: одно и то же даёт те же звонки")
    add("--outcome", choices=get_args(Outcome), help="один и тот же итог всех звонков")
    add("--ring", type=_range, metavar="С[-ПО]", help="гудки, секунд (обычно 2-4)")
    add("--talk", type=_range, metavar="С[-ПО]", help="разговор, секунд (обычно 5-25)")
    add("--claim-delay", type=_range, metavar="С[-ПО]", help="пауза перед запросом разрешения, секунд")
    add("--device-id", default="", help="номер устройства; обычно выводится из логина и номера телефона")
    add("--tokens", type=Path, help="строки JSON {access, refresh} вместо входа по паролю")
    add("--journal", default="", help="файл, из которого телефон продолжит после перезапуска; {i} — номер")
    add("--ramp", type=float, default=100.0, help="сколько телефонов включать в секунду")
    add("--heartbeat", type=float, default=60.0, help="период heartbeat, секунд")
    add("--duration", type=float, help="закончить через столько секунд")
    add("--once", action="store_true", help="закончить после первого принятого итога (каждого телефона)")
    add("--relogin", action="store_true", help="войти заново, если сервер завершил сеанс")
    add("--extended", action="store_true", help="poll: расширенный отчёт вместо четырёх полей")
    add("--events", action="store_true", help="печатать события строками JSON")
    add("--json", action="store_true", help="в конце напечатать сводку одной строкой JSON")
    add("--quiet", action="store_true", help="ничего не печатать, кроме событий и сводки")
    return cli


def _range(text: str) -> list[float]:
    least, _, most = text.partition("-")
    return [float(least), float(most or least)]


def options_of(args: argparse.Namespace) -> Options:
    """Command-line values go over the defaults of the script. Raises BadScript."""
    script = load(args.script) if args.script else Script()
    given = {
        "outcome": args.outcome,
        "ring_s": args.ring,
        "talk_s": args.talk,
        "claim_delay_s": args.claim_delay,
    }
    given = {key: value for key, value in given.items() if value is not None}
    defaults = cast("CallSpec", {**script.defaults, **given})
    return Options(
        url=args.url, username=args.username, password=args.password, ws_url=args.ws_url,
        transport=args.transport, count=args.count or args.username.count(",") + 1,
        start=args.start, seed=args.seed,
        script=replace(script, defaults=defaults), device_id=args.device_id,
        tokens=args.tokens, journal=args.journal, ramp_per_s=args.ramp,
        heartbeat_s=args.heartbeat, duration_s=args.duration, once=args.once, relogin=args.relogin,
        legacy_extended=args.extended, events=args.events, json=args.json, quiet=args.quiet,
    )  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        options = options_of(args)
    except BadScript as error:
        print(f"Сценарий не читается: {error}", file=sys.stderr)
        return 2
    return asyncio.run(fleet.run(options))


if __name__ == "__main__":
    sys.exit(main())
