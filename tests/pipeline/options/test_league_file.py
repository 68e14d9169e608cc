"""The file of the leagues: what it may say, and that every problem of it is named."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from exporters.config import ExportConfig
from exporters.config.calendar import LeagueCalendar
from exporters.config.champions import champion_on
from exporters.config.leagues import DECLARED, NBA, Leagues, LeagueSettings
from pipeline.options.configuration import MOST_TOGETHER, RunConfig, by_league, check_together, parse_without_beam
from pipeline.options.flags import OptionsError
from pipeline.options.league_file import chosen_league, parse_leagues, read_leagues
from pipeline.options.locations import GcsPrefix, LocalFolder, league_places
from pipeline.requests.clock import league_day
from tests.support.plans import NOW

DATASETS = {
    name: name.replace("nba", "wnba")
    for name in ("nba_analytics", "nba_orchestration", "nba_precompute", "nba_predictions", "nba_raw", "nba_reference")
}


def record(**values: Any) -> dict[str, Any]:
    return {"name": "wnba", "champions": {"2026-05-01": "model_1"}, "datasets": DATASETS, **values}


def parsed(*records: Any) -> Leagues:
    return parse_leagues(json.dumps({"leagues": list(records)}).encode(), "leagues.json")


def league_of(**values: Any) -> LeagueSettings:
    found = parsed(record(**values)).find("wnba")
    assert found is not None
    return found


class TestRead:
    def test_a_league_has_what_its_record_says_and_the_rest_of_the_default_one(self) -> None:
        rules = {"live": {"period_minutes": 10}, "min_streak_length": 3, "teams": ["LVA", "NYL"]}
        league = league_of(rules=rules)
        assert league.config == ExportConfig(
            champion_system_id="model_1",
            min_streak_length=3,
            teams=frozenset({"LVA", "NYL"}),
            live=ExportConfig().live.__class__(period_minutes=10),
        )
        assert league.calendar == NBA.calendar
        assert league.tables.source("nba_raw.odds_api_player_points_props") == "wnba_raw.odds_api_player_points_props"

    def test_champions_follow_each_other_and_the_first_one_counts_before_it(self) -> None:
        league = league_of(champions={"2026-08-01": "model_2", "2026-05-01": "model_1"})
        days = (date(2024, 5, 1), date(2026, 7, 31), date(2026, 8, 1))
        assert [champion_on(day, league.champions) for day in days] == ["model_1", "model_1", "model_2"]
        assert league.config.champion_system_id == "model_2"

    def test_the_calendar_says_which_day_it_is(self) -> None:
        league = league_of(time_zone="Pacific/Auckland", clock_label="NZT", rollover_hour=6)
        instants = ("2026-02-03T16:59:59+00:00", "2026-02-03T17:00:00+00:00")
        found = [league_day(_instant(text), league.calendar) for text in instants]
        assert found == [date(2026, 2, 3), date(2026, 2, 4)]

    def test_the_calendar_has_its_seasons_and_its_clock(self) -> None:
        league = league_of(time_zone="America/Los_Angeles", clock_label="PT", season_months=[5, 10])
        assert league.config.calendar is league.calendar
        assert league.calendar == LeagueCalendar("America/Los_Angeles", "PT", season_months=(5, 10))
        assert league.calendar.season_label(date(2026, 5, 1)) == "2026"
        assert league_of(clock_label="EST").calendar.clock_label == "EST"

    def test_no_file_is_the_default_league_alone(self) -> None:
        assert read_leagues("").names == ("nba",)
        assert read_leagues("").find("") == NBA
        assert DECLARED.source("nba_raw.x") == "nba_raw.x"

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(OptionsError, match=r"cannot be read: No such file"):
            read_leagues(str(tmp_path / "leagues.json"))

    def test_a_league_of_no_name_in_it(self, tmp_path: Path) -> None:
        file = tmp_path / "leagues.json"
        file.write_text(json.dumps({"leagues": [record()]}))
        assert chosen_league("wnba", str(file)).name == "wnba"
        with pytest.raises(
            OptionsError, match=r'--league: "wmba" is no league of this deployment; did you mean wnba\?'
        ):
            chosen_league("wmba", str(file))


class TestProblems:
    @pytest.mark.parametrize(
        ("values", "told"),
        [
            ({"name": "../x"}, "name: string should match"),
            ({"name": "a/b"}, "name: string should match"),
            ({"name": ".hidden"}, "name: string should match"),
            ({"name": "a" * 33}, "name: string should match"),
            ({"name": "nba"}, "is the default league's"),
            ({"nam": "x"}, "did you mean name?"),
            ({"champions": {}}, "champions: dictionary should have at least 1 item"),
            ({"champions": {"2026-13-01": "m"}}, "are not by date"),
            ({"datasets": {}}, "leave out nba_analytics"),
            (
                {"datasets": {**DATASETS, "nba_ra": "x"}},
                "datasets.nba_ra: is no dataset that is read; did you mean nba_raw?",
            ),
            ({"datasets": {**DATASETS, "nba_raw": "x`; drop"}}, "string should match"),
            ({"datasets": {name: name for name in DATASETS}}, "are those of nba"),
            ({"datasets": {}, "column": "league"}, "and value are not both given"),
            ({"column": "a b", "value": "x"}, "column: string should match"),
            ({"time_zone": "Mars/Olympus"}, '"Mars/Olympus" is not known'),
            ({"time_zone": "../../etc/passwd"}, "is not known"),
            (
                {"time_zone": "America/Los_Angeles"},
                'clock_label: is missing, and times of "America/Los_Angeles" are not ET',
            ),
            ({"clock_label": "pacific time"}, "clock_label: string should match"),
            ({"rollover_hour": 24}, "rollover_hour"),
            ({"season_months": [0, 6]}, "season_months.0"),
            ({"season_months": [5, 13]}, "season_months.1"),
            ({"season_months": [5]}, "season_months"),
            ({"season_months": [5, 7, 10]}, "season_months"),
            ({"season_months": ["5", 10]}, "season_months.0"),
            ({"season_months": 5}, "season_months"),
            ({"rules": {"calendar": {"season_months": [5, 10]}}}, "rules.calendar: is not a rule of a league"),
            ({"rules": {"min_streak": 3}}, "rules.min_streak: is no rule; did you mean min_streak_length?"),
            ({"rules": {"live": {"perods": 3}}}, "rules.live.perods: is no rule; did you mean periods?"),
            ({"rules": {"min_streak_length": "many"}}, "rules.min_streak_length"),
            ({"rules": {"champion_system_id": "m"}}, "give champions by date"),
            ({"live_feed": "ftp://x"}, "live_feed"),
        ],
    )
    def test_is_named_with_its_league(self, values: dict[str, Any], told: str) -> None:
        with pytest.raises(OptionsError) as caught:
            parsed(record(**values))
        lines = str(caught.value).splitlines()
        assert any(told in line for line in lines), lines
        assert all(line.startswith("--leagues: league ") for line in lines)

    @pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"leagues": {}}', b'{"leagues": [], "x": 1}', b"\xff"])
    def test_of_the_whole_file(self, content: bytes) -> None:
        with pytest.raises(OptionsError, match=r"--leagues: \"leagues.json\" is no"):
            parse_leagues(content, "leagues.json")

    def test_every_one_is_named_at_once(self) -> None:
        with pytest.raises(OptionsError) as caught:
            parsed(record(time_zone="x"), record(), {"name": "b"})
        text = str(caught.value)
        assert all(part in text for part in ("time_zone", "is there twice", "champions"))

    def test_rows_that_only_the_other_league_is_told_by(self) -> None:
        """The default league reads the same tables, and would show the rows that are marked as another league's."""
        marked = record(datasets={}, column="league", value="wnba")
        with pytest.raises(OptionsError, match="marks rows that nba would show as well"):
            parsed(marked)

        def of(**default: str) -> Leagues:
            return parse_leagues(json.dumps({"default": default, "leagues": [marked]}).encode(), "leagues.json")

        found = of(column="league", value="nba")
        assert [league.tables.value for league in found] == ["nba", "wnba"]
        assert found.default.is_default
        with pytest.raises(OptionsError, match="are those of nba"):
            of(column="league", value="wnba")
        with pytest.raises(OptionsError, match=r"default\.column"):
            of(column="a b", value="nba")

    def test_two_leagues_of_the_same_tables(self) -> None:
        with pytest.raises(OptionsError, match="are those of wnba, whose rows would be shown"):
            parsed(record(), record(name="wnba-2"))


class TestPlaces:
    def test_both_places_are_below_the_name(self) -> None:
        folders = league_places(LocalFolder("out/"), None, "wnba")
        assert folders == (LocalFolder("out/leagues/wnba"), LocalFolder("out-control/leagues/wnba"))
        assert league_places(GcsPrefix("b"), None, "wnba") == (
            GcsPrefix("b", "leagues/wnba"),
            GcsPrefix("b-control", "leagues/wnba"),
        )
        own = league_places(GcsPrefix("b", "v1"), GcsPrefix("c", "x"), "wnba")
        assert own == (GcsPrefix("b", "v1/leagues/wnba"), GcsPrefix("c", "x/leagues/wnba"))

    def test_a_command_line_is_that_of_its_league(self, tmp_path: Path) -> None:
        file = tmp_path / "leagues.json"
        file.write_text(json.dumps({"leagues": [record(live_feed="feed.json")]}))
        config = _run(
            f"--leagues={file}", "--league=wnba", "--live_feed=https://api.example.com", "--write_subset_picks"
        )
        assert (str(config.output), str(config.control)) == ("o/leagues/wnba", "o-control/leagues/wnba")
        assert (config.live_feed, config.league.name) == ("feed.json", "wnba")
        assert (config.export_config.champion_system_id, config.export_config.write_subset_picks) == ("model_1", True)
        default = _run(f"--leagues={file}", "--live_feed=https://api.example.com")
        assert (str(default.output), default.live_feed) == ("o", "https://api.example.com")
        assert default.export_config == _run().export_config


def _run(*flags: str) -> RunConfig:
    argv = ["--warehouse=w", "--output=o", "--export_types=tonight", "--target_date=2026-06-01", *flags]
    found = parse_without_beam(argv, known_types=("tonight",), groups={}, now=_instant(NOW.replace("Z", "+00:00")))
    assert found is not None
    return found


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


class TestSeveral:
    def test_each_league_has_a_command_line(self) -> None:
        assert by_league(["--a=1", "--league=nba,wnba", "--b"]) == [
            ["--a=1", "--league=nba", "--b"],
            ["--a=1", "--league=wnba", "--b"],
        ]
        assert by_league(["--league", "nba,wnba"]) == [["--league", "nba"], ["--league", "wnba"]]

    @pytest.mark.parametrize("argv", [[], ["--league=nba"], ["--league"], ["--x", "--", "--league=a,b"]])
    def test_any_other_one_is_left_as_it_is(self, argv: list[str]) -> None:
        assert by_league(argv) == [argv]

    def test_a_graph_has_a_limit_and_a_process_has_none(self) -> None:
        many = [_run()] * (MOST_TOGETHER + 1)
        check_together(many[1:], is_graph=True)
        check_together(many, is_graph=False)
        with pytest.raises(
            OptionsError, match=f"are {MOST_TOGETHER + 1} leagues, and a graph holds the steps of at most"
        ):
            check_together(many, is_graph=True)
