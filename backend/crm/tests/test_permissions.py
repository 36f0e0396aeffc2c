"""Every address of the site stands in this table: who gets what. A new URL that is missing here fails."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import Branch, User
from companies.attachments.services import take_file
from companies.bulk.services import Chosen, start_bulk
from companies.edits.deletion import delete_company
from companies.edits.people import delete_contact
from companies.edits.requests import request_lead
from companies.importing.uploads import upload
from companies.merging.services import Order, merge_companies
from companies.models import Company, SavedView
from companies.notes.services import add_note
from companies.services import add_contact, add_email, add_phone
from companies.tests.files import PDF
from phonebridge.enums import Delivery
from phonebridge.models import AfterCall, CallRequest, DeadLetter, MobileAppBuild
from phonebridge.services import devices, results
from phonebridge.services.walls import make_link
from phonebridge.tests.fixtures import click, device_of, missed_by

pytestmark = pytest.mark.django_db

CAST = ("nobody", "anna", "boris", "clara", "dan", "gleb", "ada")


@dataclass(frozen=True)
class Row:
    """Statuses by person in the order of CAST; `*` repeats for everyone who is logged in."""

    name: str
    url: str
    expected: str
    method: str = "get"
    data: tuple[tuple[str, str], ...] = ()


def same(status: int, nobody: int = 302) -> str:
    return f"{nobody} " + " ".join([str(status)] * 6)


PHONE = (("raw", "8 343 200-00-01"), ("type", "work"))
CLEARED = (("reason", "Просили сами"),)
EMAIL = (("raw", "sales@example.com"), ("type", "work"))

TABLE = [
    # open to everybody
    Row("health", "/health/", same(200, 200)),
    Row("health_live", "/health/live", same(200, 200)),
    Row("health_ready", "/health/ready", same(200, 200)),
    Row("health_metrics", "/health/metrics", same(404, 404)),
    Row("security_txt", "/.well-known/security.txt", same(200, 200)),
    Row("robots_txt", "/robots.txt", same(200, 200)),
    Row("login", "/login/", same(302, 200)),
    Row("offline", "/offline/", same(200, 200)),
    Row("theme", "/theme/", same(302, 302), "post", (("theme", "dark"),)),
    Row("token", "/api/token/", same(401, 401), "post", (("username", "x"), ("password", "y"))),
    Row("token_refresh", "/api/token/refresh/", same(401, 401), "post", (("refresh", "x"),)),
    Row("phone_qr_exchange", "/api/phone/qr/exchange/", same(400, 400), "post", (("token", "x"),)),
    # pages of everybody who is logged in; rows inside are cut by rights
    Row("dashboard", "/", same(200)),
    Row("today_figures", "/today/figures/", same(200)),
    Row("today_now", "/today/now/", same(200)),
    Row("today_latest", "/today/latest/", same(200)),
    Row("settings_calls_stats", "/settings/calls/stats/", same(200)),
    # Anna's calls: herself, the head of her branch, the group and the administrator
    Row("settings_calls_manager_detail", "/settings/calls/stats/{anna}/", "302 200 404 200 404 200 200"),
    Row("analytics", "/analytics/", same(200)),
    Row("analytics_cold_export", "/analytics/cold/export/", same(200)),
    Row("analytics_user", "/analytics/me/", same(200)),
    Row("analytics_person", "/analytics/{anna}/", "302 200 404 200 404 200 200"),
    Row("stats_figures", "/settings/calls/stats/figures/", same(200)),
    Row("stats_unique", "/settings/calls/stats/unique/", same(200)),
    Row("stats_export", "/settings/calls/stats/export/", same(200)),
    Row("settings_mobile", "/settings/mobile/", same(200)),
    Row("mobile_devices", "/settings/mobile/devices/", same(200)),
    Row("mobile_qr", "/settings/mobile/qr/", same(200), "post"),
    Row("mobile_primary", "/settings/mobile/devices/{device}/primary/", "302 302 404 404 404 404 404", "post"),
    Row("mobile_remove", "/settings/mobile/devices/{device}/remove/", "302 302 404 404 404 404 404", "post"),
    Row("mobile_builds", "/settings/mobile/builds/", "302 404 404 404 404 404 200"),
    Row("mobile_build", "/settings/mobile/builds/{build}/", "302 404 404 404 404 404 302", "post"),
    Row("phone_app_latest", "/api/phone/app/latest/", "401 200 200 200 200 200 200"),
    Row("phone_app_download", "/api/phone/app/{build}/download/", same(404, 401)),
    Row("wallboard", "/wallboard/", "302 404 404 200 404 200 200"),
    Row("wallboard_board", "/wallboard/board/", "302 404 404 200 404 200 200"),
    Row("call_plans", "/settings/calls/plans/", "302 404 404 200 404 200 200"),
    Row("tv_links", "/settings/calls/tv/", "302 404 404 200 404 200 200"),
    Row("tv_revoke", "/settings/calls/tv/{tv}/revoke/", "302 404 404 302 404 302 302", "post"),
    Row("settings_mobile_overview", "/settings/mobile/overview/", "302 404 404 200 404 200 200"),
    Row("mobile_fleet_table", "/settings/mobile/overview/table/", "302 404 404 200 404 200 200"),
    Row("settings_mobile_device_detail", "/settings/mobile/device/{device}/", "302 404 404 404 404 404 200"),
    Row("mobile_device_told", "/settings/mobile/device/{device}/told/", "302 404 404 404 404 404 200"),
    Row("mobile_device_log", "/settings/mobile/device/{device}/log/{log}/", "302 404 404 404 404 404 200"),
    Row("mobile_device_act", "/settings/mobile/device/{device}/logs/", "302 404 404 404 404 404 302", "post"),
    Row("mobile_letters", "/settings/mobile/letters/", "302 404 404 404 404 404 200"),
    Row("mobile_letter", "/settings/mobile/letters/{letter}/", "302 404 404 404 404 404 200"),
    # a television: its own cookie and nobody's session
    Row("tv", "/tv/", same(401, 401)),
    Row("tv_board", "/tv/board/", same(401, 401)),
    Row("tv_enter", "/tv/nonsense/", same(404, 404)),
    Row("company_list", "/companies/", same(200)),
    Row("contact_list", "/contacts/", same(200)),
    Row("lone_contact_new", "/contacts/new/", same(200)),
    Row("view_new", "/views/company/new/", same(200)),
    # a view of Anna's own: nobody else knows of it
    Row("view_edit", "/views/{view}/edit/", "302 200 404 404 404 404 404"),
    Row("view_default", "/views/{view}/default/", "302 200 404 404 404 404 404"),
    Row("view_delete", "/views/{view}/delete/", "302 200 404 404 404 404 404"),
    Row("company_detail", "/companies/{company}/", same(200)),
    Row("company_live", "/companies/{company}/live/", same(200)),
    Row("company_history", "/companies/{company}/history/", same(200)),
    Row("company_facts", "/companies/{company}/facts/", same(200)),
    Row("company_people", "/companies/{company}/people/", same(200)),
    Row("company_new", "/companies/new/", same(200)),
    Row("company_duplicates", "/companies/duplicates/", same(200)),
    # forms of Anna's card: whoever sees it opens them, those who may not change it read why
    Row("company_edit", "/companies/{company}/edit/", "302 200 403 200 403 200 200"),
    Row("company_field", "/companies/{company}/fields/name/", "302 200 403 200 403 200 200"),
    Row("company_transfer", "/companies/{company}/transfer/", same(422), "post"),
    Row("company_lead", "/companies/{company}/lead/", same(422), "post"),
    Row("company_cold", "/companies/{company}/cold/", same(200)),
    Row("company_delete", "/companies/{company}/delete/", same(422), "post"),
    Row("contact_new", "/companies/{company}/contacts/new/", same(422), "post"),
    Row("company_phone_new", "/companies/{company}/phones/new/", "302 302 422 302 422 302 302", "post", PHONE),
    Row("company_email_new", "/companies/{company}/emails/new/", "302 302 422 302 422 302 302", "post", EMAIL),
    Row("contact_edit", "/contacts/{contact}/edit/", "302 302 422 302 422 302 302", "post", (("last_name", "Котов"),)),
    Row("contact_primary", "/contacts/{contact}/primary/", "302 302 422 302 422 302 302", "post"),
    # of a person who has a company already
    Row("contact_join", "/contacts/{contact}/company/", same(404)),
    Row("contact_cold", "/contacts/{contact}/cold/", same(200)),
    Row("contact_phone_new", "/contacts/{contact}/phones/new/", "302 302 422 302 422 302 302", "post", PHONE),
    Row("contact_email_new", "/contacts/{contact}/emails/new/", "302 302 422 302 422 302 302", "post", EMAIL),
    Row("contact_delete", "/contacts/{contact}/delete/", same(200)),
    Row("phone_edit", "/phones/{phone}/edit/", "302 302 422 302 422 302 302", "post", PHONE),
    Row("phone_cold", "/phones/{phone}/cold/", same(200)),
    Row("phone_delete", "/phones/{phone}/delete/", same(200)),
    Row("email_edit", "/emails/{email}/edit/", "302 302 422 302 422 302 302", "post", EMAIL),
    Row("email_delete", "/emails/{email}/delete/", same(200)),
    # two cards of Anna's, two of her contacts; a merge that was made; what lies in the bin
    Row("company_similar", "/companies/{company}/similar/", same(200)),
    Row("company_different", "/companies/{company}/different/{other}/", same(302), "post"),
    Row("company_merge", "/companies/{company}/merge/", same(200)),
    Row("company_merge_with", "/companies/{company}/merge/{other}/", "302 200 403 200 403 200 200"),
    Row("contact_merge", "/contacts/{contact}/merge/", same(200)),
    Row("contact_merge_with", "/contacts/{contact}/merge/{double}/", "302 200 403 200 403 200 200"),
    Row("merge_detail", "/merges/{merge}/", same(200)),
    Row("merge_undo", "/merges/{merge}/undo/", "302 302 422 422 422 422 422", "post"),
    Row("company_bin", "/companies/bin/", "302 404 404 404 404 404 200"),
    Row("company_restore", "/companies/bin/{deleted}/restore/", "302 404 404 404 404 404 302", "post"),
    Row("company_purge", "/companies/bin/{deleted}/purge/", "302 404 404 404 404 404 200"),
    Row("contact_bin", "/companies/{company}/contacts/deleted/", same(200)),
    Row("lone_contact_bin", "/contacts/deleted/", same(200)),
    Row("contact_restore", "/contacts/{gone}/restore/", "302 302 404 404 404 404 404", "post"),
    Row("company_pills", "/companies/{company}/pills/", same(200)),
    Row("company_acts", "/companies/{company}/acts/", same(200)),
    Row("company_next", "/companies/{company}/next/", same(200)),
    Row("company_viewers", "/companies/{company}/viewers/", same(200)),
    Row("company_colleagues", "/companies/{company}/colleagues/", same(200)),
    Row("company_note_new", "/companies/{company}/notes/new/", same(302), "post", (("text", "Заметка"),)),
    Row("company_file_new", "/companies/{company}/files/new/", same(400), "post"),
    Row("company_stop", "/companies/{company}/stop/", "302 302 422 302 422 302 302", "post", CLEARED),
    Row("contact_stop", "/contacts/{contact}/stop/", "302 302 422 302 422 302 302", "post", CLEARED),
    Row("phone_stop", "/phones/{phone}/stop/", "302 302 422 302 422 302 302", "post", CLEARED),
    # Anna's note with a file: she edits it, an administrator deletes it with a reason
    Row("note_edit", "/notes/{note}/edit/", "302 302 422 422 422 422 422", "post", (("text", "Другое"),)),
    Row("note_delete", "/notes/{note}/delete/", "302 200 200 200 200 200 200"),
    Row("note_restore", "/notes/{note}/restore/", same(404), "post"),
    Row("note_pin", "/notes/{note}/pin/", "302 302 403 302 403 302 302", "post", (("pin", "1"),)),
    Row("note_versions", "/notes/{note}/versions/", same(200)),
    Row("file", "/files/{file}/", same(200)),
    Row("file_drop", "/files/{file}/drop/", same(404), "post"),
    # a request of Boris's about Anna's card: decided by the head, the group manager, the administrator
    Row("request_list", "/requests/", same(200)),
    Row("request_rows", "/requests/rows/", same(200)),
    Row("request_reject", "/requests/lead/{request}/reject/", "302 404 404 200 404 200 200"),
    Row("request_withdraw", "/requests/lead/{request}/withdraw/", "302 404 302 404 404 404 404", "post"),
    Row("request_approve", "/requests/lead/{request}/approve/", same(302), "post"),
    # work over many companies; the job is Anna's, an administrator may look at it and stop it
    Row("company-bulk", "/companies/bulk/?action=cold&query=", same(200)),
    Row("person_handover", "/people/{anna}/handover/", "302 200 404 200 404 200 200"),
    Row("job_list", "/jobs/", same(200)),
    Row("job_detail", "/jobs/{job}/", "302 200 404 404 404 404 200"),
    Row("job_state", "/jobs/{job}/state/", "302 200 404 404 404 404 200"),
    Row("job_rows", "/jobs/{job}/rows/", "302 200 404 404 404 404 200"),
    Row("job_rows_file", "/jobs/{job}/rows.csv", "302 200 404 404 404 404 200"),
    Row("job_file", "/jobs/{job}/file/", "302 404 404 404 404 404 404"),
    Row("job_act", "/jobs/{job}/cancel/", "302 302 404 404 404 404 302", "post"),
    # Anna's import, checked: herself, her head, the group manager, the administrator see it; she alone starts it
    Row("import_list", "/imports/", same(200)),
    Row("import_new", "/imports/new/", same(422), "post"),
    Row("import_detail", "/imports/{import}/", "302 200 404 200 404 200 200"),
    Row("import_live", "/imports/{import}/live/", "302 200 404 200 404 200 200"),
    Row("import_columns", "/imports/{import}/columns/", "302 200 404 302 404 302 302"),
    Row("import_reading", "/imports/{import}/reading/", "302 302 404 302 404 302 302", "post"),
    Row("import_people", "/imports/{import}/people/", "302 302 404 302 404 302 302", "post"),
    Row("import_start", "/imports/{import}/start/", "302 302 404 302 404 302 302", "post"),
    Row("import_stop", "/imports/{import}/stop/", "302 302 404 302 404 302 302", "post"),
    Row("import_resume", "/imports/{import}/resume/", "302 302 404 302 404 302 302", "post"),
    Row("import_undo", "/imports/{import}/undo/", "302 422 404 422 404 422 422", "post"),
    Row("import_errors", "/imports/{import}/errors/", same(404)),
    Row("import_delete", "/imports/{import}/delete/", "302 302 404 404 404 404 404", "post"),
    Row("call_list", "/calls/", same(200)),
    Row("call_rows", "/calls/rows/", same(200)),
    Row("call_mine", "/calls/mine/", same(200)),
    Row("call_click", "/calls/click/", same(302), "post", (("phone", ""),)),
    Row("callback_list", "/calls/callbacks/", same(200)),
    Row("callback_rows", "/calls/callbacks/rows/", same(200)),
    Row("callback_count", "/calls/callbacks/count/", same(200)),
    Row("call_private_list", "/calls/private/", same(200)),
    # a missed call of Anna's
    Row("callback_close", "/calls/callbacks/{callback}/close/", "302 200 404 200 404 200 200"),
    Row("notification_list", "/notifications/", same(200)),
    Row("notification_rows", "/notifications/rows/", same(200)),
    Row("notification_read", "/notifications/read/", same(302), "post"),
    Row("logout", "/logout/", same(302), "post"),
    # Anna's call: herself, her head, the group manager, the administrator
    Row("call_detail", "/calls/{call}/", "302 200 404 200 404 200 200"),
    Row("call_box", "/calls/{call}/box/", "302 200 404 200 404 200 200"),
    Row("call_moments", "/calls/{call}/moments/", "302 200 404 200 404 200 200"),
    # the card after it: whoever sees the call reads it; who writes is walked in phonebridge/tests/test_after.py
    Row("call_after", "/calls/{call}/after/", "302 200 404 200 404 200 200"),
    Row("after_list", "/calls/after/", same(200)),
    Row("after_rows", "/calls/after/rows/", same(200)),
    Row("after_badge", "/calls/after/badge/", same(200)),
    Row("api_call_after", "/api/v1/calls/{call}/after/", "401 200 404 200 404 200 200"),
    Row("api_calls_after", "/api/v1/calls/after/", same(200, 401)),
    Row("api_calls_outcomes", "/api/v1/calls/outcomes/", same(200, 401)),
    Row("call_cancel", "/calls/{call}/cancel/", "302 302 404 302 404 302 302", "post"),
    # her click is nobody's riddle: those who see the call read why; others and other people's deeds: 404
    Row("call_pick", "/calls/{call}/card/", "302 302 404 302 404 302 302", "post"),
    Row("call_hand", "/calls/{call}/hand/", "302 302 404 404 404 404 404", "post"),
    Row("call_private", "/calls/{call}/private/", "302 302 404 404 404 404 404", "post"),
    Row("call_private_undo", "/calls/{call}/private/undo/", same(404), "post"),
    Row("api_callbacks", "/api/v1/calls/callbacks/", same(200, 401)),
    Row(
        "api_callback_close",
        "/api/v1/calls/callbacks/{callback}/close/",
        "401 200 404 200 404 200 200",
        "post",
        (("reason", "spam"),),
    ),
    Row("api_call_card", "/api/v1/calls/{call}/card/", "401 200 404 200 404 200 200"),
    Row("api_call_hand", "/api/v1/calls/{call}/hand/", "401 409 404 404 404 404 404", "post"),
    Row(
        "api_call_private",
        "/api/v1/calls/{call}/private/",
        "401 409 404 404 404 404 404",
        "post",
        (("private", "true"),),
    ),
    Row("api_calls_stats", "/api/v1/calls/stats/", "401 200 200 200 200 200 200"),
    Row("api_call", "/api/v1/calls/{call}/", "401 200 404 200 404 200 200"),
    Row("api_call_cancel", "/api/v1/calls/{call}/cancel/", "401 200 404 403 404 403 403", "post"),
    Row("api_calls", "/api/v1/calls/", same(200, 401)),
    Row("api_notifications", "/api/v1/notifications/", same(200, 401)),
    Row("api_notifications_read", "/api/v1/notifications/read/", same(200, 401), "post"),
    Row("api_search", "/api/v1/search/?q=лес", same(200, 401)),
    Row("api_search_short", "/api/search/?q=лес", same(200, 401)),
    Row("api_search_recent", "/api/v1/search/recent/", same(200, 401)),
    # cards by REST, twice: who writes is walked in companies/tests/test_rest.py
    Row("api_companies", "/api/v1/companies/", same(200, 401)),
    Row("api_company", "/api/v1/companies/{company}/", same(200, 401)),
    Row("api_contacts", "/api/v1/contacts/", same(200, 401)),
    Row("api_contact", "/api/v1/contacts/{contact}/", same(200, 401)),
    Row("api_notes", "/api/v1/company-notes/", same(200, 401)),
    Row("api_note", "/api/v1/company-notes/{note}/", same(200, 401)),
    Row("api_companies_short", "/api/companies/", same(200, 401)),
    Row("api_company_short", "/api/companies/{company}/", same(200, 401)),
    Row("api_contacts_short", "/api/contacts/", same(200, 401)),
    Row("api_contact_short", "/api/contacts/{contact}/", same(200, 401)),
    Row("api_notes_short", "/api/company-notes/", same(200, 401)),
    Row("api_note_short", "/api/company-notes/{note}/", same(200, 401)),
    Row("schema", "/api/schema/", same(200, 401)),
    # phones
    Row("phone_pull", "/api/phone/calls/pull/?device_id=t", "401 200 204 204 204 204 204"),
    Row("phone_update", "/api/phone/calls/update/", same(200, 401), "post", (("a", "b"),)),
    Row("phone_state", "/api/phone/calls/state/", same(200, 401), "post", (("a", "b"),)),
    Row("phone_reject", "/api/phone/calls/reject/", same(200, 401), "post", (("a", "b"),)),
    Row("phone_lookup", "/api/phone/calls/lookup/", same(204, 401), "post", (("phone", "+73430009999"),)),
    Row("phone_note", "/api/phone/calls/note/", same(404, 401), "post", (("event_id", "none"),)),
    Row("phone_register", "/api/phone/devices/register/", same(200, 401), "post", (("device_id", "t"),)),
    Row("phone_heartbeat", "/api/phone/devices/heartbeat/", same(200, 401), "post", (("device_id", "t"),)),
    Row("phone_telemetry", "/api/phone/telemetry/", same(404, 401), "post", (("device_id", "none"),)),
    Row("phone_logs", "/api/phone/logs/", same(200, 401), "post", (("payload", "x"),)),
    Row("phone_qr_create", "/api/phone/qr/create/", same(200, 401), "post"),
    Row("phone_logout", "/api/phone/logout/", same(200, 401), "post"),
    Row("phone_logout_all", "/api/phone/logout/all/", same(200, 401), "post"),
    Row("phone_user_info", "/api/phone/user/info/", same(200, 401)),
]


def named_urls() -> set[str]:
    """Names of every address outside Django admin; the styleguide is mounted in development only."""
    found: set[str] = set()

    def walk(patterns: list[Any]) -> None:
        for entry in patterns:
            if isinstance(entry, URLResolver) and entry.app_name != "admin":
                walk(entry.url_patterns)
            elif isinstance(entry, URLPattern) and not str(entry.name).startswith("styleguide"):
                found.add(str(entry.name))

    walk(get_resolver().url_patterns)
    return found


def test_every_url_stands_in_the_table() -> None:
    assert named_urls() == {row.name for row in TABLE}


@pytest.fixture
def world(
    anna: User, boris: User, clara: User, dan: User, gleb: User, ada: User, settings: LazySettings, tmp_path: Path
) -> dict[str, str]:
    settings.MEDIA_ROOT = str(tmp_path)
    settings.SECURITY_CONTACT_EMAIL = "security@example.com"
    company = Company.objects.create(name="ООО «Северный лес»", responsible=anna, branch=anna.branch)
    person = add_contact(company=company, last_name="Котов")
    gone = add_contact(company=company, last_name="Ушедший")
    delete_contact(actor=ada, contact_id=gone.pk)
    other, merged = (Company.objects.create(name=name, responsible=anna, branch=anna.branch) for name in "БВ")
    merge = merge_companies(Order(anna, other.pk, merged.pk, (1, 1)))
    deleted = Company.objects.create(name="Закрылась", responsible=anna, branch=anna.branch)
    delete_company(actor=ada, company_id=deleted.pk, reason="Компания закрылась")
    settings.MEDIA_ROOT = str(tmp_path)
    draft = take_file(actor=anna, chunks=[PDF], name="счёт.pdf")
    note = add_note(actor=anna, company_id=company.pk, text="Заметка", files=[draft.pk])
    results.record_report(user=anna, body=[], transport=Delivery.WS)
    letter = DeadLetter.objects.get()
    call = click(anna, company=company)
    AfterCall.objects.create(call=call, owner=anna, ended_at=timezone.now())
    return {
        "other": str(other.pk),
        "double": str(add_contact(company=company, last_name="Котов").pk),
        "merge": str(merge.pk),
        "deleted": str(deleted.pk),
        "gone": str(gone.pk),
        "company": str(company.pk),
        "call": str(call.pk),
        "callback": str(missed_by(anna).pk),
        "contact": str(person.pk),
        "phone": str(add_phone(holder=person, raw="8 343 200-00-02").pk),
        "email": str(add_email(holder=person, raw="kotov@example.com").pk),
        "view": str(SavedView.objects.create(owner=anna, subject="company", name="Мои").pk),
        "anna": str(anna.pk),
        "job": str(start_bulk(actor=anna, action="cold", params={}, chosen=Chosen(ids=(company.pk,))).pk),
        "note": str(note.pk),
        "file": str(draft.pk),
        "import": str(upload(actor=anna, name="a.csv", size=12, chunks=["Название\nА".encode()]).pk),
        "device": str(device_of(anna).pk),
        "tv": str(make_link(actor=clara, branch=Branch.objects.get(code="ekb"))[0].pk),
        "log": str(devices.record_logs(user=anna, device=device_of(anna), body={}).pk),
        "letter": str(letter.pk),
        "build": str(MobileAppBuild.objects.create(version="1.0", version_code=1, file="apk/none.apk").pk),
        "request": str(request_lead(actor=boris, company_id=company.pk, state="warm").pk),
    }


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_who_gets_what(row: Row, world: dict[str, str]) -> None:
    got = []
    for name in CAST:
        client = Client()
        if name != "nobody":
            client.force_login(User.objects.get(username=name))
        url = row.url.format(**world)
        as_json = url.startswith("/api/")
        data = dict(row.data)
        if row.method == "get":
            answer = client.get(url)
        elif as_json:
            answer = client.post(url, data, content_type="application/json")
        else:
            answer = client.post(url, data)
        got.append(str(answer.status_code))
    assert " ".join(got) == row.expected
    assert CallRequest.objects.count() == 1
