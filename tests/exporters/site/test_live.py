from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.bets.live_grading import LIVE_GRADING
from exporters.declaration import Cache, Json
from exporters.site.live import LIVE, complete, known_states
from tests.support.nights import GENERATED_AT, document
from tests.support.rows import (
    TONIGHT,
    Row,
    feed_player_row,
    game_row,
    live_box_row,
    prediction_row,
    registry_row,
    schedule_row,
)
from tests.support.worlds import PROPERTY, any_rows, blemished, contradicted, disordered
from transforms.elements.validation import require_valid

JAMES, TATUM = "lebronjames", "jaysontatum"
GAME_KEYS = (
    "game_id",
    "status",
    "period",
    "time_remaining",
    "home_team",
    "away_team",
    "home_score",
    "away_score",
    "player_count",
    "players",
    "feed_game_id",
    "score_source",
)
LATE: dict[str, Any] = {"away_team_tricode": "UTA", "home_team_tricode": "DEN"}
OVER: dict[str, Any] = {"status": "Final", "period": 4, "clock": "Final", "home_score": 112, "visitor_score": 105}
TO_PLAY: dict[str, Any] = {"status": "7:30 pm ET", "period": 0, "clock": None, "home_score": 0, "visitor_score": 0}
FINAL: dict[str, Any] = {"game_status": 3, "home_team_score": 30, "away_team_score": 21}


def live(*rows: Row, **options: Any) -> Json:
    """Return the document of some rows and the registry."""
    return document(LIVE, registry_row(), *rows, **options)


def game_of(*rows: Row, **options: Any) -> Json:
    """Return the only game of the document of some rows."""
    (found,) = live(*rows, **options)["games"]
    return dict(found)


def tatum(**values: Any) -> Row:
    return live_box_row(
        **{"team": "BOS", "feed_player_id": 434, "first_name": "Jayson", "last_name": "Tatum", "points": 20, **values}
    )


def boxes(points: int = 30, other: int = 21, fewest: int = 5, **values: Any) -> list[Row]:
    """Return the box scores of the game: of each team one player with all of its points, and some without any."""
    teams = (JAMES, "LAL", "BOS", points), (TATUM, "BOS", "LAL", other)
    return [
        game_row(
            player_lookup=player if at == 0 else f"bench{team.lower()}{at}",
            **{"game_date": TONIGHT, "team_abbr": team, "opponent_team_abbr": opponent, **values},
            points=made if at == 0 else 0,
        )
        for player, team, opponent, made in teams
        for at in range(fewest)
    ]


def scorers(game: Json) -> dict[str, int]:
    """Return the points of the players who have some."""
    return {player["player_lookup"]: player["points"] for player in game["players"] if player["points"]}


class TestDocument:
    def test_a_game_in_progress(self) -> None:
        assert live(schedule_row(game_status=2), feed_player_row(), live_box_row()) == {
            "updated_at": GENERATED_AT,
            "game_date": "2025-01-15",
            "poll_id": f"{GENERATED_AT[:19].replace('-', '').replace(':', '')}Z",
            "games_in_progress": 1,
            "games_final": 0,
            "total_games": 1,
            "games": [
                {
                    "game_id": "20250115_BOS_LAL",
                    "status": "in_progress",
                    "period": 3,
                    "time_remaining": "Q3 6:00",
                    "home_team": "LAL",
                    "away_team": "BOS",
                    "home_score": 71,
                    "away_score": 68,
                    "player_count": 1,
                    "players": [
                        {
                            "player_lookup": JAMES,
                            "name": "LeBron James",
                            "team": "LAL",
                            "points": 18,
                            "rebounds": 6,
                            "assists": 5,
                            "steals": 1,
                            "blocks": 0,
                            "turnovers": 2,
                            "minutes": "24:10",
                            "fg_made": 7,
                            "fg_attempted": 13,
                            "fg3_made": 2,
                            "fg3_attempted": 5,
                            "ft_made": 2,
                            "ft_attempted": 2,
                        }
                    ],
                    "feed_game_id": "18447250",
                    "score_source": "live_feed",
                }
            ],
        }

    def test_what_the_feed_does_not_count_is_zero(self) -> None:
        line = dict.fromkeys(("points", "rebounds", "assists", "steals", "fg_made", "ft_attempted", "minutes"))
        (player,) = game_of(schedule_row(), live_box_row(**line))["players"]
        assert {key: player[key] for key in line} == {**dict.fromkeys(line, 0), "minutes": "0:00"}

    @pytest.mark.parametrize("rows", [[], [live_box_row()], [live_box_row(**OVER)], boxes()])
    @pytest.mark.parametrize("status", [1, 2, 3, 4])
    def test_keys_come_in_one_order_whatever_is_known(self, rows: list[Row], status: int) -> None:
        assert tuple(game_of(schedule_row(game_status=status), *rows)) == GAME_KEYS

    def test_a_date_without_games(self) -> None:
        made = live()
        assert (made["total_games"], made["games"], LIVE.is_empty(made)) == (0, [], True)
        assert not LIVE.is_empty(live(schedule_row()))


class TestGames:
    def test_e3_3_every_game_of_the_schedule_is_there_whatever_the_feed_lists(self) -> None:
        made = live(
            schedule_row(game_status=2),
            schedule_row(**LATE, game_status=1),
            schedule_row(away_team_tricode="CHI", home_team_tricode="NYK", game_status=3, home_team_score=99),
            live_box_row(),
            live_box_row(home_team="MIA", visitor_team="ORL", team="MIA"),
            live_box_row(home_team="NYK", visitor_team="CHI", game_date=TONIGHT - timedelta(days=1)),
        )
        assert [(game["game_id"], game["status"]) for game in made["games"]] == [
            ("20250115_BOS_LAL", "in_progress"),
            ("20250115_CHI_NYK", "final"),
            ("20250115_UTA_DEN", "scheduled"),
        ]
        assert (made["total_games"], made["games_in_progress"], made["games_final"]) == (3, 1, 1)

    def test_e3_3_a_game_that_the_feed_does_not_list_is_shown_as_the_schedule_has_it(self) -> None:
        final = game_of(schedule_row(**FINAL))
        assert [final[key] for key in GAME_KEYS[2:4]] == [0, "Final"]
        assert (final["home_score"], final["away_score"], final["score_source"]) == (30, 21, "schedule")
        playing = game_of(schedule_row(game_status=2, home_team_score=7, away_team_score=9))
        assert (playing["time_remaining"], playing["home_score"], playing["away_score"]) == ("", 7, 9)
        assert (playing["feed_game_id"], playing["players"]) == (None, [])

    def test_e3_4_the_id_is_that_of_all_documents_and_the_feed_s_own_is_appended(self) -> None:
        assert game_of(schedule_row(), live_box_row(feed_game_id=7))["feed_game_id"] == "7"
        made = game_of(schedule_row(), live_box_row(feed_game_id=None))
        assert (made["game_id"], made["feed_game_id"]) == ("20250115_BOS_LAL", None)

    @pytest.mark.parametrize(
        ("feed", "status", "state"),
        [
            ({"status": "Final", "period": 4}, 1, "final"),
            ({"status": "3rd Qtr", "period": 3}, 1, "in_progress"),
            ({"status": "LIVE", "period": 0}, 1, "scheduled"),
            ({"status": "3rd Qtr", "period": 3}, 3, "final"),
            ({"status": "7:30 pm ET", "period": 0}, 2, "in_progress"),
            (None, 2, "in_progress"),
        ],
    )
    def test_e3_5_one_state_as_in_live_grading_and_never_behind_the_schedule(
        self, feed: dict[str, Any] | None, status: int, state: str
    ) -> None:
        rows = [schedule_row(game_status=status), *([] if feed is None else [live_box_row(**feed)])]
        assert game_of(*rows)["status"] == state
        graded = document(LIVE_GRADING, prediction_row(), registry_row(), *rows)["summary"]
        assert (graded["games_in_progress"], graded["games_final"]) == (state == "in_progress", state == "final")

    def test_e3_6_a_game_to_be_played_shows_zeros(self) -> None:
        made = game_of(
            schedule_row(),
            live_box_row(**{**TO_PLAY, "clock": "7:30 pm ET", "home_score": 3, "points": 3}),
            tatum(**TO_PLAY),
        )
        assert (made["home_score"], made["away_score"], made["period"], made["players"]) == (0, 0, 0, [])
        assert (made["time_remaining"], made["score_source"]) == ("7:30 pm ET", "schedule")

    def test_scores_go_by_team_where_the_feed_has_the_other_one_at_home(self) -> None:
        made = game_of(schedule_row(), live_box_row(home_team="BOS", visitor_team="LAL"))
        assert (made["home_team"], made["home_score"], made["away_score"]) == ("LAL", 68, 71)

    def test_e3_8_a_row_of_another_date_counts_nowhere(self) -> None:
        made = game_of(schedule_row(), live_box_row(game_date=TONIGHT - timedelta(days=1)))
        assert (made["status"], made["feed_game_id"]) == ("scheduled", None)

    def test_e3_11_games_are_ordered_by_state_tip_off_and_id(self) -> None:
        tip = schedule_row().game_date_est
        teams = ("ATL", "BOS"), ("CHI", "DEN"), ("DET", "LAL"), ("MIA", "NYK"), ("ORL", "PHX"), ("SAC", "UTA")
        said = (1, tip), (3, tip + 1), (2, None), (2, tip + 5), (3, tip), (2, tip + 5)
        rows = [
            schedule_row(away_team_tricode=away, home_team_tricode=home, game_status=status, game_date_est=at)
            for (away, home), (status, at) in zip(teams, said, strict=True)
        ]
        assert [game["home_team"] for game in live(*rows)["games"]] == ["NYK", "UTA", "LAL", "PHX", "DEN", "BOS"]

    def test_e3_11_players_are_ordered_by_points_minutes_and_id(self) -> None:
        said = {"a": (10, "9:59"), "b": (10, "31"), "c": (12, "5"), "d": (10, "31:00"), "e": (10, "")}
        rows = [
            live_box_row(feed_player_id=None, first_name="P", last_name=name, points=points, minutes=minutes)
            for name, (points, minutes) in said.items()
        ]
        assert [player["player_lookup"] for player in game_of(schedule_row(), *rows)["players"]] == [
            *("pc", "pb", "pd", "pa", "pe")
        ]


class TestPlayers:
    def test_e3_7_the_newest_holder_of_an_id_counts_and_names_are_folded(self) -> None:
        rows = [
            feed_player_row(player_lookup="old", bdl_player_id=237, game_date=TONIGHT - timedelta(days=60)),
            feed_player_row(player_lookup=JAMES, bdl_player_id=237),
            live_box_row(first_name="Somebody", last_name="Else"),
            tatum(first_name="Luka", last_name="Dončić", feed_player_id=None),
        ]
        found = {player["player_lookup"]: player["name"] for player in game_of(schedule_row(), *rows)["players"]}
        assert found == {JAMES: "LeBron James", "lukadoncic": "Luka Dončić"}

    def test_of_the_ids_that_a_name_may_stand_for_a_known_one_counts(self) -> None:
        line = live_box_row(feed_player_id=None, first_name="Nikola", last_name="Đurić")
        known = registry_row(player_lookup="nikolauric", player_name="Nikola Đurić")
        assert scorers(game_of(schedule_row(), line)) == {"nikoladuric": 18}
        assert scorers(game_of(schedule_row(), line, known)) == {"nikolauric": 18}

    def test_a_player_without_id_and_whole_name_is_left_out(self) -> None:
        line = live_box_row(feed_player_id=None, first_name=None)
        assert game_of(schedule_row(), line, tatum())["player_count"] == 1

    def test_a_player_who_is_listed_twice_is_shown_once(self) -> None:
        assert scorers(game_of(schedule_row(), live_box_row(points=4), live_box_row(points=9))) == {JAMES: 9}


class TestFinals:
    def test_e3_14_finals_come_from_the_box_score_once_it_adds_up(self) -> None:
        counts = {
            "offensive_rebounds": 2,
            "defensive_rebounds": 6,
            "assists": 7,
            "steals": 1,
            "blocks": 4,
            "turnovers": 3,
        }
        shots = {"fg_makes": 9, "fg_attempts": 17, "three_pt_makes": 5, "three_pt_attempts": 10, "ft_makes": 8}
        rows = boxes(**counts, **shots, ft_attempts=11, minutes_played=34.5)
        made = game_of(schedule_row(**FINAL), feed_player_row(), live_box_row(**OVER), tatum(**OVER), *rows)
        assert (made["score_source"], made["home_score"], made["away_score"]) == ("box_score", 30, 21)
        assert scorers(made) == {JAMES: 30, TATUM: 21}
        assert made["players"][0] == {
            "player_lookup": JAMES,
            "name": "LeBron James",
            "team": "LAL",
            "points": 30,
            "rebounds": 8,
            "assists": 7,
            "steals": 1,
            "blocks": 4,
            "turnovers": 3,
            "minutes": "34:30",
            "fg_made": 9,
            "fg_attempted": 17,
            "fg3_made": 5,
            "fg3_attempted": 10,
            "ft_made": 8,
            "ft_attempted": 11,
        }

    @pytest.mark.parametrize(
        "rows",
        [
            boxes(fewest=4),
            boxes(other=20),
            boxes()[:-5],
            boxes(is_partial_game_data=True),
        ],
    )
    def test_e3_14_a_box_score_that_lacks_something_is_not_the_last_word(self, rows: list[Row]) -> None:
        feed = [feed_player_row(), live_box_row(**OVER), tatum(**OVER)]
        made = game_of(schedule_row(**FINAL), *feed, *rows)
        assert (made["score_source"], made["home_score"], made["period"]) == ("schedule", 30, 4)
        assert {JAMES, TATUM} <= {player["player_lookup"] for player in made["players"]}

    def test_without_a_known_score_the_points_of_whole_box_scores_are_it(self) -> None:
        unknown = schedule_row(game_status=3, home_team_score=None, away_team_score=None)
        made = game_of(unknown, *boxes())
        assert (made["home_score"], made["away_score"], made["score_source"]) == (30, 21, "box_score")
        made = game_of(unknown, *boxes(fewest=4))
        assert (made["home_score"], made["away_score"], made["score_source"]) == (0, 0, "schedule")
        assert game_of(schedule_row(), live_box_row(**OVER), *boxes(112, 105))["score_source"] == "box_score"
        assert game_of(schedule_row(), live_box_row(**OVER), *boxes(112, 104))["score_source"] == "live_feed"

    def test_a_box_score_of_a_game_in_progress_is_not_shown(self) -> None:
        made = game_of(schedule_row(game_status=2), feed_player_row(), live_box_row(), *boxes())
        assert (scorers(made), made["score_source"]) == ({JAMES: 18}, "live_feed")

    def test_a_final_of_the_feed_shows_its_score_until_the_schedule_has_one(self) -> None:
        made = game_of(schedule_row(game_status=2, home_team_score=90, away_team_score=80), live_box_row(**OVER))
        assert (made["home_score"], made["away_score"], made["score_source"]) == (112, 105, "live_feed")
        assert game_of(schedule_row(**FINAL), live_box_row(**OVER))["home_score"] == 30

    def test_a_feed_that_is_behind_the_schedule_is_not_asked_for_clock_and_score(self) -> None:
        made = game_of(schedule_row(**FINAL), live_box_row())
        assert (made["status"], made["time_remaining"], made["home_score"]) == ("final", "Final", 30)
        assert made["score_source"] == "schedule"

    def test_a_player_who_did_not_play_is_not_in_the_box_score(self) -> None:
        sat = game_row(player_lookup="sat", game_date=TONIGHT, opponent_team_abbr="BOS", points=0, is_dnp=True)
        made = game_of(schedule_row(**FINAL), *boxes(), sat)
        assert (scorers(made), made["score_source"]) == ({JAMES: 30, TATUM: 21}, "box_score")

    def test_e3_10_finals_of_a_past_date_come_from_the_warehouse(self) -> None:
        made = game_of(schedule_row(**FINAL), *boxes())
        assert (made["score_source"], made["feed_game_id"], made["player_count"]) == ("box_score", None, 10)

    def test_e3_12_it_is_kept_for_half_a_minute_until_all_box_scores_are_there(self) -> None:
        done, late = [schedule_row(**FINAL), *boxes()], schedule_row(**LATE, **FINAL)
        for rows, cache in ((done, Cache.HOUR), ([*done, late], Cache.LIVE), ([schedule_row(**FINAL)], Cache.LIVE)):
            assert LIVE.cache_of(live(*rows), settled=True) is cache
        assert LIVE.cache_of(live(*done), settled=False) is Cache.LIVE


class TestNeverBack:
    def playing(self, **values: Any) -> Json:
        return live(schedule_row(game_status=1), live_box_row(**values), tatum(**values))

    def after(self, before: Json, *rows: Row) -> Json:
        (game,) = complete(live(*rows), before)["games"]
        return dict(game)

    def test_e3_2_a_game_that_the_feed_drops_stays_as_it_was(self) -> None:
        before = self.playing()
        assert self.after(before, schedule_row()) == before["games"][0]
        assert self.after(before, schedule_row(game_status=2)) == before["games"][0]
        made = complete(live(schedule_row()), before)
        assert (made["games_in_progress"], made["total_games"]) == (1, 1)

    def test_e3_2_an_earlier_moment_does_not_come_back(self) -> None:
        before = self.playing()
        assert self.after(before, schedule_row(), live_box_row(period=2, clock="Q2 1:00")) == before["games"][0]
        final = self.playing(**OVER)
        assert self.after(final, schedule_row(), live_box_row(period=5, clock="OT 1:00")) == {
            **final["games"][0],
            "period": 5,
        }

    def test_what_has_gone_on_is_shown(self) -> None:
        before = self.playing()
        assert (
            self.after(before, schedule_row(), live_box_row(points=19, clock="Q3 5:00"))["players"][0]["points"] == 19
        )
        assert self.after(before, schedule_row(), live_box_row(**OVER))["status"] == "final"

    def test_a_finished_game_keeps_its_players_until_their_box_scores_are_there(self) -> None:
        before = self.playing()
        made = self.after(before, schedule_row(**FINAL))
        assert (made["status"], made["home_score"], made["period"], made["player_count"]) == ("final", 30, 3, 2)
        assert made["players"] == before["games"][0]["players"]
        done = self.after(before, schedule_row(**FINAL), *boxes())
        assert (scorers(done), done["score_source"], done["period"]) == ({JAMES: 30, TATUM: 21}, "box_score", 3)

    def test_a_final_score_of_the_schedule_is_shown_and_one_that_it_lacks_is_kept(self) -> None:
        before = self.playing(**OVER)
        made = self.after(before, schedule_row(**FINAL))
        assert (made["home_score"], made["away_score"], made["score_source"]) == (30, 21, "schedule")
        assert made["players"] == before["games"][0]["players"]
        unknown = schedule_row(game_status=3, home_team_score=None, away_team_score=None)
        for earlier in (before, self.playing()):
            made = self.after(earlier, unknown)
            assert (made["status"], made["home_score"]) == ("final", earlier["games"][0]["home_score"])

    def test_a_box_score_stays_and_may_be_corrected(self) -> None:
        before = complete(live(schedule_row(**FINAL), *boxes()), self.playing())
        assert self.after(before, schedule_row(**FINAL), live_box_row(**OVER)) == {**before["games"][0], "period": 4}
        corrected = schedule_row(**{**FINAL, "home_team_score": 31})
        assert scorers(self.after(before, corrected, *boxes(31))) == {JAMES: 31, TATUM: 21}

    def test_a_game_that_has_left_the_schedule_is_not_kept(self) -> None:
        made = complete(live(schedule_row(**LATE)), self.playing())
        assert [game["home_team"] for game in made["games"]] == ["DEN"]

    def test_what_is_kept_is_ordered_and_counted_like_any_other(self) -> None:
        before = live(schedule_row(), schedule_row(**LATE), live_box_row(**OVER))
        now = live(schedule_row(), schedule_row(**LATE, game_status=2))
        made = complete(now, before)
        assert [game["status"] for game in made["games"]] == ["in_progress", "final"]
        assert (made["games_in_progress"], made["games_final"]) == (1, 1)

    @PROPERTY
    @given(data=st.data())
    def test_no_game_ever_goes_back(self, data: st.DataObject) -> None:
        """No game loses its state, its period or all of its players, and a second look changes nothing."""
        before, now = (live(*data.draw(contradicted(WORLD))) for _ in range(2))
        made = complete(now, before)
        require_valid(LIVE, "live", orjson.dumps(made))
        assert complete(made, before) == made
        assert complete(now, made) == made
        states = ("scheduled", "in_progress", "final")
        earlier = {game["game_id"]: game for game in before["games"]}
        for game in made["games"]:
            was = earlier.get(game["game_id"])
            if was is not None:
                assert states.index(game["status"]) >= states.index(was["status"])
                assert game["period"] >= was["period"]
                assert bool(game["players"]) >= bool(was["players"])
                assert any((game["home_score"], game["away_score"])) >= any((was["home_score"], was["away_score"]))
        assert {game["game_id"] for game in made["games"]} == {game["game_id"] for game in now["games"]}
        assert known_states(made) >= known_states(now)


WORLD = [
    schedule_row(game_status=2),
    schedule_row(**LATE),
    registry_row(),
    feed_player_row(),
    live_box_row(),
    tatum(),
    live_box_row(home_team="DEN", visitor_team="UTA", team="DEN", feed_player_id=15, first_name="Nikola"),
    *boxes(),
]


@PROPERTY
@given(data=st.data())
def test_any_feed_makes_a_valid_document_in_any_order(data: st.DataObject) -> None:
    for strategy in (any_rows(LIVE), blemished(WORLD), contradicted(WORLD)):
        rows = data.draw(strategy)
        made = document(LIVE, *rows)
        require_valid(LIVE, "live", orjson.dumps(made))
        assert document(LIVE, *data.draw(disordered(rows))) == made
        assert made["total_games"] == len(made["games"]) == len({game["game_id"] for game in made["games"]})
