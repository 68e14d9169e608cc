"""The status page as a browser shows it: on a phone and a screen, light and dark, by keyboard, with hostile values."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from exporters.registry import exports
from pipeline.operations.status_server import StatusServer
from tests.browser.browser import axe, chromium, running
from tests.support.status_pages import LAST, NOW, SEASON, documents_of, publish_season, record_of
from transforms.status_page.night import night_of
from transforms.status_page.publish import write_page
from transforms.stores.folder import LocalStore

WIDTHS, SCHEMES = (390, 1280), ("light", "dark")
LOOKS = [pytest.param(width, scheme, id=f"{width}-{scheme}") for width in WIDTHS for scheme in SCHEMES]
Open = Callable[..., Any]
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium()
    with running() as found:
        yield found


@contextmanager
def served(root: Path) -> Iterator[StatusServer]:
    with StatusServer(root) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StatusServer]:
    root = tmp_path_factory.mktemp("season")
    publish_season(LocalStore(str(root)))
    with served(root) as server:
        yield server


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StatusServer]:
    """Thirty dates, every state among them: axe takes a minute for the cells of a season."""
    root = tmp_path_factory.mktemp("month")
    publish_season(LocalStore(str(root)), 30)
    with served(root) as server:
        yield server


@pytest.fixture
def opened(browser: Any) -> Iterator[Open]:
    """Opens the page of a server, and insists at the end that nothing went wrong in it."""
    wrong: list[str] = []
    with ExitStack() as stack:

        def open_page(
            server: StatusServer, width: int = 1280, scheme: str = "light", day: str = "", now: Any = NOW, **more: Any
        ) -> Any:
            context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, **more)
            stack.callback(context.close)
            page = context.new_page()
            page.on("console", lambda said: wrong.append(said.text))
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
            page.clock.set_fixed_time(now)
            page.goto(server.url + (f"#{day}" if day else ""))
            page.wait_for_selector("#date[data-ready], #last:has-text('yet')", state="attached")
            return page

        yield open_page
        assert wrong == []


def chosen(page: Any) -> str:
    return str(page.locator("#date-title").inner_text())


class TestSeason:
    def test_every_date_and_every_type_has_its_state_as_text(self, opened: Open, season: StatusServer) -> None:
        page = opened(season)
        table = page.locator("#grid table")
        assert table.locator("thead a").count() == SEASON
        assert table.locator("tbody tr").count() == 1 + len(exports())
        row = table.locator("tbody tr", has=page.get_by_role("rowheader", name="predictions", exact=True))
        assert row.locator("td").all_inner_texts()[:3] == ["published", "withheld", "published"]
        whole = table.locator("tbody tr").first.locator("td").all_inner_texts()
        assert whole[:7] == ["published", "partial", "partial", "published", "degraded", "partial", "partial"]

    def test_the_newest_date_is_chosen_and_told(self, opened: Open, season: StatusServer) -> None:
        page = opened(season)
        assert chosen(page) == "12 Apr 2026"
        assert page.locator("#last").inner_text() == "Last run ended 9 minutes ago, at 2026-04-12 22:30 UTC"
        assert "nothing to look at" in page.locator("#summary").inner_text()

    def test_a_date_shows_its_funnel_its_documents_and_what_differs(self, opened: Open, season: StatusServer) -> None:
        page = opened(season, day="2026-04-11")
        assert chosen(page) == "11 Apr 2026"
        picture = page.locator("#funnel svg")
        assert picture.get_attribute("role") == "img"
        assert str(picture.get_attribute("aria-label")).startswith("Funnel: In tonight's games 97, With shot zones 94")
        assert page.locator("#compared").inner_text() == "The night before is 10 Apr 2026."
        rows = page.locator("#types tbody tr")
        picks = rows.filter(has=page.get_by_role("rowheader", name="predictions", exact=True))
        assert "picks 42 → 41 (−1)" in picks.inner_text()
        assert picks.get_by_role("link").get_attribute("href") == "../predictions/2026-04-11.json"
        players = rows.filter(has=page.get_by_role("rowheader", name="tonight-players", exact=True))
        assert "+4 / −1 players" in players.inner_text()
        players.locator("summary").first.click()
        link = players.get_by_role("link", name="player004", exact=True)
        assert link.get_attribute("href") == "../tonight/player/2026-04-11/player004.json"
        players.locator("summary").nth(1).click()
        # The list is filled once it is opened: the last item is waited for.
        assert players.locator("td").nth(2).locator("li").last.inner_text() == "− player101"

    def test_types_are_stale_once_the_newest_date_is_not_renewed(self, opened: Open, season: StatusServer) -> None:
        page = opened(season, now="2026-04-13T10:31:00Z")
        row = page.locator("#grid tbody tr", has=page.get_by_role("rowheader", name="tonight", exact=True))
        assert row.locator("td").all_inner_texts()[:2] == ["stale", "published"]
        assert f"{len(exports())} types to look at" in page.locator("#summary").inner_text()
        fresh = opened(season, now="2026-04-13T10:29:00Z")
        assert "nothing to look at" in fresh.locator("#summary").inner_text()

    def test_runs_are_drawn_over_time_and_told_in_words(self, opened: Open, season: StatusServer) -> None:
        page = opened(season)
        assert page.locator("#charts svg").count() == 2
        assert page.locator("#charts svg").first.locator("rect").count() == 60
        page.locator("#charts summary").click()
        first = page.locator("#charts li").first.inner_text()
        documents = documents_of(LAST)
        assert first == f"2026-04-12 22:30: 12 Apr 2026, {documents} documents in 40 s, {documents / 40:.0f} a second"


class TestKeyboard:
    def test_dates_are_one_stop_and_arrows_move_between_them(self, opened: Open, season: StatusServer) -> None:
        page = opened(season)
        assert page.locator('#grid a[tabindex="0"]').count() == 1
        page.locator("#grid a").first.focus()
        for key, expected in (
            ("ArrowRight", "2026-04-11"),
            ("End", "2025-10-30"),
            ("Home", str(LAST)),
            ("ArrowLeft", str(LAST)),
        ):
            page.keyboard.press(key)
            assert page.evaluate("document.activeElement.dataset.day") == expected
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_selector('#date[data-ready="2026-04-11"]')
        assert chosen(page) == "11 Apr 2026"
        assert page.evaluate("document.activeElement.id") == "date-title"
        assert page.locator("#grid a[aria-current]").get_attribute("data-day") == "2026-04-11"
        page.go_back()
        page.wait_for_selector(f'#date[data-ready="{LAST}"]')

    def test_everything_is_reached_and_each_stop_shows_the_focus(self, opened: Open, season: StatusServer) -> None:
        page = opened(season)
        seen: list[str] = []
        for _ in range(12):
            page.keyboard.press("Tab")
            shown = page.evaluate(
                "(() => { const e = document.activeElement, s = getComputedStyle(e);"
                " return [e.id || e.textContent.slice(0, 30), s.outlineStyle, s.outlineWidth]; })()"
            )
            assert shown[1:] == ["solid", "3px"], shown
            seen.append(shown[0])
        assert seen[:6] == ["Skip to the chosen date", "12 Apr 2026", "grid", "12", "← earlier", "types"]

    def test_the_skip_link_leads_to_the_date_and_keeps_it(self, opened: Open, season: StatusServer) -> None:
        page = opened(season)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "date"
        assert chosen(page) == "12 Apr 2026"


class TestLooks:
    @pytest.mark.parametrize(("width", "scheme"), LOOKS)
    def test_the_page_is_as_wide_as_the_screen(
        self, opened: Open, season: StatusServer, width: int, scheme: str
    ) -> None:
        page = opened(season, width, scheme, "2026-04-11")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(244, 246, 249)", "dark": "rgb(14, 19, 26)"}[scheme]
        assert page.locator("#types td").first.bounding_box()["width"] <= width

    @pytest.mark.parametrize(("width", "scheme"), LOOKS)
    def test_axe_finds_nothing(self, opened: Open, month: StatusServer, width: int, scheme: str) -> None:
        script = axe()
        # The policy of the page lets no other script in.
        page = opened(month, width, scheme, "2026-04-11", bypass_csp=True)
        page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
        page.wait_for_selector("#types details li")
        page.add_script_tag(path=script)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert len(found["passes"]) > 15
        assert [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in found["violations"]] == []

    def test_axe_finds_what_is_wrong(self, opened: Open, month: StatusServer) -> None:
        script = axe()
        page = opened(month, bypass_csp=True)
        page.add_script_tag(path=script)
        page.evaluate("document.querySelector('#last').style.color = '#bbb'; document.querySelector('h1').remove()")
        found = page.evaluate("axe.run()")
        assert {rule["id"] for rule in found["violations"]} >= {"color-contrast", "page-has-heading-one"}


class TestEmpty:
    def test_without_data_it_says_so(self, opened: Open, tmp_path: Path) -> None:
        publish_season(LocalStore(str(tmp_path)), 1)
        (tmp_path / "status" / "data.json").write_text('{"version": 1, "updated_at": "", "types": {}, "dates": {}}')
        with served(tmp_path) as server:
            page = opened(server, 390)
            assert page.locator("#last").inner_text() == "No date has been exported yet."
            assert page.locator("main section:visible").count() == 0

    def test_one_date_has_no_night_before(self, opened: Open, tmp_path: Path) -> None:
        publish_season(LocalStore(str(tmp_path)), 1)
        with served(tmp_path) as server:
            page = opened(server, 390)
            assert page.locator("#compared").inner_text() == "There is no night before to compare with."
            assert page.locator("#steps a").count() == 0


HOSTILE = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>"


def test_values_are_text_whatever_they_hold(opened: Open, tmp_path: Path) -> None:
    store = LocalStore(str(tmp_path))
    record = record_of(LAST)
    section = record["exports"]["tonight-players"]
    section["documents"] = {
        f"tonight/player/{LAST}/{HOSTILE.replace('/', '_')}.json": "0" * 32,
        "javascript:alert(3)": "1",
    }
    section["counts"] = {HOSTILE: 3}
    record["exports"][HOSTILE] = {**section, "documents": {f"{HOSTILE}/a.json": "0" * 32}}
    record["funnel"]["stages"][1]["stage"] = HOSTILE
    before = record_of(LAST.replace(day=11), 1)
    before["exports"]["tonight-players"]["counts"] = {HOSTILE: 2}
    before["exports"]["__proto__"] = before["exports"]["tonight"]
    assert write_page(store, [night_of(before), night_of(record)], NOW) == ""
    with served(tmp_path) as server:
        page = opened(server)
        for summary in page.locator("#types summary").all():
            summary.click()
        assert page.locator("img, main script").count() == 0
        assert page.get_by_role("rowheader", name=HOSTILE, exact=True).count() == 2
        assert HOSTILE in page.locator("#funnel").inner_text()
        links = page.evaluate("[...document.querySelectorAll('#types a')].map((link) => link.href)")
        assert len(links) > 28
        assert all(link.startswith(f"http://127.0.0.1:{server.port}/") for link in links)
        page.evaluate("location.hash = '#<img src=x onerror=alert(4)>'")
        assert chosen(page) == "12 Apr 2026"


def test_the_policy_stops_what_is_injected(browser: Any, season: StatusServer) -> None:
    context = browser.new_context()
    page = context.new_page()
    stopped: list[str] = []
    page.on("console", lambda said: stopped.append(said.text))
    page.goto(season.url)
    page.wait_for_selector("#date[data-ready]")
    failed = page.evaluate(
        "(() => { try { document.body.innerHTML = '<b>x</b>'; return ''; } catch (e) { return e.name; } })()"
    )
    assert failed == "TypeError"
    page.evaluate(
        "const s = document.createElement('img'); s.src = 'https://evil.example/x.png'; document.body.append(s)"
    )
    page.evaluate("fetch('https://evil.example/').catch(() => 0)")
    assert any("img-src" in said or "default-src" in said for said in stopped)
    assert any("connect-src" in said for said in stopped)
    context.close()
