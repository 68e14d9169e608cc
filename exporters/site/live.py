"""``live``: the scores of a date's games and players while they are played (contract: site-types E3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from exporters.config import LiveRules
from exporters.declaration import Cache, Export, Follows, Grain, Json, Pointer, Window, over
from exporters.league.arithmetic.dates import poll_id
from exporters.league.games import schedule
from exporters.league.games.schedule import FINAL, IN_PROGRESS, SCHEDULED, STATUS_NAMES, Game
from exporters.league.nights import live_scores
from exporters.league.nights.live_scores import (
    NO_MINUTES,
    SHOOTING,
    LiveScores,
    feed_ids,
    minutes_text,
    played_order,
    sightings_of,
    state_of,
)
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.slate import Slate
from exporters.league.players import box_scores, identity
from exporters.league.players.box_lines import rebounds
from exporters.league.players.box_scores import was_played
from exporters.warehouse.league_rows import GameRow, LiveBoxScoreRow
from exporters.warehouse.tables import LIVE_BOX_SCORES

LIVE = Export(
    name="live",
    grain=Grain.SLATE,
    reads=(
        *identity.READS,
        *schedule.READS,
        *box_scores.NIGHT_READS,
        *over(Window.NIGHT, *box_scores.BOX_READS, *box_scores.SHOOTING_READS),
        *live_scores.READS,
        *live_scores.LINE_READS,
    ),
    path="live/{date}.json",
    cache=Cache.LIVE,
    settled_cache=Cache.HOUR,
    pointers=(Pointer("live/latest.json", Follows.LATEST, Cache.LIVE),),
    counts=("total_games",),
    degrades=True,
)

LIVE_FEED, BY_SCHEDULE, BOX_SCORE = "live_feed", "schedule", "box_score"
"""Where the score of a game comes from."""
TO_PLAY, PLAYING, PLAYED = (STATUS_NAMES[state] for state in (SCHEDULED, IN_PROGRESS, FINAL))
_SHOWN_FIRST = (PLAYING, PLAYED, TO_PLAY)
_FARTHEST_LAST = (TO_PLAY, PLAYING, PLAYED)
_OVER = "Final"
"""The clock of a finished game that the feed gives none for."""
_FEED_COUNTS = ("points", "rebounds", "assists", "steals", "blocks", "turnovers")


@LIVE.card
def card(night: PlayerNight) -> Json:
    """Condense a player's name, feed ids and box score of the date.

    Every player has a card: a name of the feed may stand for several ids, of which one that is known counts.
    """
    row = night.history.box_scores.on(night.date)
    return {
        "player_lookup": night.player,
        "name": night.name,
        "feed_ids": sightings_of(night),
        "team": None if row is None else row.team_abbr,
        "is_whole": row is not None and not row.is_partial_game_data,
        "box": None if row is None or row.is_partial_game_data or not was_played(row) else _box(row, night),
    }


def _box(row: GameRow, night: PlayerNight) -> Json:
    return _player(
        night.player,
        night.name,
        row.team_abbr,
        (row.points, rebounds(row), row.assists, row.steals, row.blocks, row.turnovers),
        minutes_text(row.minutes_played),
        (
            row.fg_makes,
            row.fg_attempts,
            row.three_pt_makes,
            row.three_pt_attempts,
            row.ft_makes,
            row.ft_attempts,
        ),
    )


def _player(
    player: str,
    name: str,
    team: str,
    counts: Iterable[int | None],
    minutes: str | None,
    shooting: Iterable[int | None],
) -> Json:
    return {
        "player_lookup": player,
        "name": name,
        "team": team,
        **{key: value or 0 for key, value in zip(_FEED_COUNTS, counts, strict=True)},
        "minutes": minutes or NO_MINUTES,
        **{key: value or 0 for key, value in zip(SHOOTING, shooting, strict=True)},
    }


@LIVE.builder
def build(slate: Slate) -> Json:
    """Show every game of a date by the schedule, and what feed and box scores have of it."""
    cards = slate.cards(LIVE)
    ids = feed_ids((feed_id, day, made["player_lookup"]) for made in cards for feed_id, day in made["feed_ids"])
    scores = LiveScores(slate.rows(LIVE_BOX_SCORES), slate.date, ids, slate.aliases)
    names = {made["player_lookup"]: made["name"] for made in cards}
    scheduled = slate.schedule.on(slate.date)
    states = scores.games(scheduled)
    games = [
        _game(game, states[frozenset((game.home, game.away))], scores, names, cards, slate.config.live)
        for game in scheduled
    ]
    # The schedule is in the order of tip-offs, which stays within a state.
    games.sort(key=_state_order)
    return _document(slate.generated_at, slate.date.isoformat(), games)


def _document(generated_at: str, day: str, games: Sequence[Json]) -> Json:
    states = [game["status"] for game in games]
    return {
        "updated_at": generated_at,
        "game_date": day,
        "poll_id": poll_id(generated_at),
        "games_in_progress": states.count(PLAYING),
        "games_final": states.count(PLAYED),
        "total_games": len(games),
        "games": list(games),
    }


def _state_order(game: Json) -> int:
    return _SHOWN_FIRST.index(game["status"])


def _game(
    game: Game, state: str, scores: LiveScores, names: Mapping[str, str], cards: Iterable[Json], rules: LiveRules
) -> Json:
    """Return a game; ``state`` is what schedule and feed together say of it."""
    meeting = frozenset((game.home, game.away))
    row = scores.game(meeting)
    boxes = [made for made in cards if made["team"] in meeting] if state == PLAYED else []
    home_score, away_score, source = _score(game, state, row, boxes, rules)
    players = {} if state == TO_PLAY or source == BOX_SCORE else _listed(scores, meeting, names)
    # The warehouse's box score of a finished game comes first, as in live grading (contract P&L L15).
    players.update((made["player_lookup"], made["box"]) for made in boxes if made["box"] is not None)
    return {
        "game_id": game.game_id,
        "status": state,
        "period": 0 if row is None else max(row.period or 0, 0),
        "time_remaining": _clock(state, row),
        "home_team": game.home,
        "away_team": game.away,
        "home_score": home_score,
        "away_score": away_score,
        "player_count": len(players),
        "players": sorted(players.values(), key=_player_order),
        "feed_game_id": None if row is None or row.feed_game_id is None else str(row.feed_game_id),
        "score_source": source,
    }


def _listed(scores: LiveScores, meeting: frozenset[str], names: Mapping[str, str]) -> dict[str, Json]:
    """Return the players of a game as the feed has them."""
    return {
        player: _player(
            player,
            names.get(player) or " ".join(part for part in (row.first_name, row.last_name) if part),
            row.team,
            (getattr(row, key) for key in _FEED_COUNTS),
            row.minutes,
            (getattr(row, key) for key in SHOOTING),
        )
        for player, row in scores.lines(meeting, names).items()
    }


def _player_order(player: Json) -> tuple[int, int, int, str]:
    minutes, seconds = played_order(player["minutes"])
    return (-player["points"], -minutes, -seconds, player["player_lookup"])


def _clock(state: str, row: LiveBoxScoreRow | None) -> str:
    clock = "" if row is None else row.clock or ""
    if state == PLAYED and (row is None or not clock or STATUS_NAMES[state_of(row)] != PLAYED):
        return _OVER
    return clock


def _score(
    game: Game, state: str, row: LiveBoxScoreRow | None, boxes: Sequence[Json], rules: LiveRules
) -> tuple[int, int, str]:
    """Return the scores of home and away team, and where they come from.

    The final score is that of the schedule once it has one, so that it is the same in every document, then that of the
    feed. It counts as confirmed by the box score when the points of the players add up to it.
    """
    if state == TO_PLAY:
        return 0, 0, BY_SCHEDULE
    known, source = _known_score(game, state, row)
    sums = _points(boxes, game.home, rules), _points(boxes, game.away, rules)
    if known is None and sums[0] is not None and sums[1] is not None:
        known = sums[0], sums[1]
    if state == PLAYED and known == sums:
        source = BOX_SCORE
    return (0, 0, source) if known is None else (*known, source)


def _known_score(game: Game, state: str, row: LiveBoxScoreRow | None) -> tuple[tuple[int, int] | None, str]:
    official = None if game.home_score is None or game.away_score is None else (game.home_score, game.away_score)
    if game.is_final and official is not None:
        return official, BY_SCHEDULE
    if row is not None and STATUS_NAMES[state_of(row)] == state:
        by_team = {row.home_team: row.home_score, row.visitor_team: row.visitor_score}
        return (by_team[game.home] or 0, by_team[game.away] or 0), LIVE_FEED
    return (None if state == PLAYED else official), BY_SCHEDULE


def _points(boxes: Iterable[Json], team: str, rules: LiveRules) -> int | None:
    """Return the points of a team by its players' box scores; None while some are missing, or are a part only."""
    of_team = [made for made in boxes if made["team"] == team]
    played: list[Json] = [made["box"] for made in of_team if made["box"] is not None]
    if len(played) < rules.fewest_players or not all(made["is_whole"] for made in of_team):
        return None
    return sum(int(box["points"]) for box in played)


@LIVE.merge_published
def complete(document: Json, before: Json) -> Json:
    """Return a document in which no game is behind what was published (contract E3-2).

    A game that the feed has dropped, or lists as of an earlier moment, stays as it was. One that is over keeps its
    players until their box scores are there, and every game keeps its last period.
    """
    known = {game["game_id"]: game for game in before["games"]}
    games = [_farther(game, known[game["game_id"]]) if game["game_id"] in known else game for game in document["games"]]
    games.sort(key=_state_order)
    return _document(document["updated_at"], document["game_date"], games)


def _farther(game: Json, earlier: Json) -> Json:
    """Return the one of two pictures of a game that knows more, with what only the other one knows."""
    best, other = (earlier, game) if _knowledge(game) < _knowledge(earlier) else (game, earlier)
    scored = other if _has_score(other) and not _has_score(best) else best
    if game["status"] == PLAYED and game["score_source"] == BY_SCHEDULE and best["score_source"] != BOX_SCORE:
        # What the schedule says of a finished game is its score in every other document, too.
        scored = game if _has_score(game) else scored
    players = best["players"] or other["players"]
    return {
        **best,
        "period": max(game["period"], earlier["period"]),
        **{key: scored[key] for key in ("home_score", "away_score")},
        "player_count": len(players),
        "players": players,
        "score_source": scored["score_source"],
    }


def _has_score(game: Json) -> bool:
    return bool(game["home_score"] or game["away_score"])


def _knowledge(game: Json) -> tuple[int, bool, bool, int]:
    """Return how much is known of a game: its state, whether it is confirmed, whether it has players, its period."""
    confirmed = game["score_source"] == BOX_SCORE
    # The period of a game whose box score is there was kept from the feed, and says nothing.
    period = 0 if confirmed else game["period"]
    return (_FARTHEST_LAST.index(game["status"]), confirmed, bool(game["players"]), period)


@LIVE.is_unsettled
def is_open(document: Json) -> bool:
    """Whether a game is not over, or its box score is not there (contract E3-12)."""
    return any(game["status"] != PLAYED or game["score_source"] != BOX_SCORE for game in document["games"])


@LIVE.progress
def known_states(document: Json) -> int:
    """Count games that have begun, those that are over twice."""
    games: list[Any] = document["games"]
    return sum(_FARTHEST_LAST.index(game["status"]) for game in games)


@LIVE.members
def nobody(document: Json) -> Mapping[str, Iterable[str]]:
    """Return that no player is behind the number of games."""
    return dict.fromkeys(LIVE.item_counts(document), ())
