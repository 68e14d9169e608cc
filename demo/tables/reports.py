"""The tables about people: registry, injury reports and news."""

from __future__ import annotations

import numpy as np

from demo.box_scores import Appearances
from demo.clock import HOUR_US, MINUTE_US, local_midnights, midnights
from demo.league import NOWHERE, League
from demo.names import lookup_of
from demo.randomness import Array, stream
from demo.season_calendar import opening_night
from demo.tables.frames import Frame, Nullable
from exporters.warehouse.tables import INJURIES, NEWS_ARTICLES, NEWS_INSIGHTS, NEWS_LINKS, PLAYER_ALIASES, REGISTRY

_REPORT_HOURS = (13, 17)
_PARTS = (
    "Ankle; Sprain",
    "Knee; Soreness",
    "Hamstring; Strain",
    "Calf; Tightness",
    "Wrist; Contusion",
    "Foot; Soreness",
)
_SIDES = ("Left", "Right")
_REASONS = np.array(
    [f"Injury/Illness - {side} {part}" for part in _PARTS for side in _SIDES]
    + [
        "Injury/Illness - N/A; Illness",
        "Injury/Illness - Low Back; Spasms",
        "Injury/Illness - Return to Competition Reconditioning",
        "Concussion Protocol",
        "Rest",
        "Personal Reasons",
    ],
    dtype=object,
)
_OUT = np.array(["out", "out", "out", "out", "doubtful", "questionable"], dtype=object)
_MAYBE = np.array(["questionable", "probable", "probable", "available"], dtype=object)

_SOURCES = ("espn_nba", "cbs_nba", "rotowire_nba", "yahoo_nba", "courtside_wire")
_TOPICS = (
    ("injury", "{name} listed on the injury report ahead of {team} game"),
    ("performance", "{name} leads {team} with a strong fourth quarter"),
    ("trade", "Rival teams ask {team} about {name}"),
    ("lineup", "{team} plan to start {name} while the rotation changes"),
    ("preview", "What to expect from {name} and {team} in a busy week of games"),
)
_ARTICLES_PER_DAY = 5
_NICKNAME_LETTERS = 3
_SEASON_SPAN = 174


def season_label(year: int) -> str:
    """Return a season's text, such as 2025-26."""
    return f"{year}-{(year + 1) % 100:02d}"


def registry_frame(league: League, box: Appearances) -> Frame:
    """Return one row per player, season and team; a traded player has two."""
    players = league.players
    played = box.over & box.played
    day = league.day(box.date)
    parts = []
    for start_year in league.options.start_years:
        start = int(league.day(np.datetime64(opening_night(start_year), "D")))
        stints = league.team_of[:, start : start + _SEASON_SPAN]
        if not stints.size:
            break
        who, team = np.unique(np.stack([np.repeat(np.arange(len(players)), stints.shape[1]), stints.ravel()]), axis=1)
        who, team = who[team != NOWHERE], team[team != NOWHERE]
        parts.append((np.full(len(who), start_year), who, team, _last_day(stints, who, team) + start))
    year, who, team, rostered = (np.concatenate(column) for column in zip(*parts, strict=True))

    def key(season: Array, player: Array, club: Array) -> Array:
        return np.asarray((season * len(players) + player) * len(league.team) + club)

    wanted = key(year, who, team)
    order = np.argsort(wanted)
    found = order[np.searchsorted(wanted[order], key(box.season, box.player, box.team)[played])]
    games = np.bincount(found, minlength=len(wanted))
    latest = np.full(len(wanted), -1)
    np.maximum.at(latest, found, day[played])
    labels = {season: season_label(season) for season in league.options.start_years}
    return Frame(
        REGISTRY,
        {
            "player_lookup": players.lookup[who],
            "player_name": players.name[who],
            "season": np.array([labels[int(season)] for season in year], dtype=object),
            "team_abbr": league.team[team],
            "games_played": games,
            "last_gamebook_activity_date": Nullable(league.origin + np.maximum(latest, 0), latest < 0),
            "last_roster_activity_date": league.origin + rostered,
            "position": players.position[who],
            "processed_at": midnights(league.origin + rostered) + 12 * HOUR_US,
        },
    )


def aliases_frame(league: League) -> Frame:
    """Return a nickname for every third player, and half of the suffixed players without their suffix."""
    players = league.players
    taken, spellings, lookups = set(players.lookup.tolist()), [], []
    for number, (lookup, name) in enumerate(zip(players.lookup.tolist(), players.name.tolist(), strict=True)):
        given, *family = name.split()
        spelled = lookup_of("".join((given[:_NICKNAME_LETTERS], *family)))
        if number % 2 and family[-1].strip(".") in ("Jr", "Sr", "II", "III", "IV"):
            spelled = lookup_of("".join((given, *family[:-1])))
        elif number % 3:
            continue
        if spelled not in taken:
            taken.add(spelled)
            spellings.append(spelled)
            lookups.append(lookup)
    return Frame(
        PLAYER_ALIASES,
        {
            "alias_lookup": np.array(spellings, dtype=object),
            "nba_canonical_lookup": np.array(lookups, dtype=object),
            "is_active": True,
            "processed_at": midnights(np.full(len(lookups), league.origin)) + 12 * HOUR_US,
        },
    )


def _last_day(stints: Array, who: Array, team: Array) -> Array:
    """Return the last position at which each player belonged to each team."""
    member = stints[who] == team[:, None]
    return np.asarray(stints.shape[1] - 1 - np.argmax(member[:, ::-1], axis=1))


def injuries_frame(league: League, box: Appearances) -> Frame:
    """Return the append-only reports: twice a day, each listing the games of that day and of the next."""
    rng = stream(league.options.seed, "injury reports")
    hurt = np.flatnonzero(box.hurt_for >= 0)
    sore = np.flatnonzero((box.hurt_for < 0) & (rng.random(len(box)) < 0.05) & box.expected)
    row = np.concatenate([hurt, sore])
    spell = box.player[row] * 7919 + np.where(
        box.hurt_for[row] >= 0, league.day(box.date[row]) - box.hurt_for[row], row
    )
    reason = _REASONS[spell % len(_REASONS)]
    final = np.full(len(row), "out", dtype=object)
    recent, fit = (box.hurt_for[row] >= 0) & (box.hurt_for[row] <= 3), box.hurt_for[row] < 0
    final[recent] = _OUT[rng.integers(0, len(_OUT), recent.sum())]
    final[fit] = _MAYBE[rng.integers(0, len(_MAYBE), fit.sum())]
    first = np.where(rng.random(len(row)) < 0.2, "questionable", final).astype(object)
    parts = []
    for ahead in (1, 0):
        for hour in _REPORT_HOURS:
            reported = box.date[row] - ahead
            listed = rng.random(len(row)) < (0.8 if ahead else 1.0)
            # The report of the day before knows only of injuries that had begun.
            listed &= box.hurt_for[row] >= ahead if ahead else True
            status = first if ahead or hour == _REPORT_HOURS[0] else final
            parts.append((row[listed], reported[listed], np.full(listed.sum(), hour), status[listed], reason[listed]))
    rows, reported, hours, status, why = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Frame(
        INJURIES,
        {
            "player_lookup": league.players.lookup[box.player[rows]],
            "injury_status": status,
            "reason": why,
            "report_date": reported,
            "report_hour": hours,
            "game_date": box.date[rows],
            "game_id": box.game_id[rows],
            "processed_at": local_midnights(reported) + hours * HOUR_US + 15 * MINUTE_US,
        },
    )


def news_frames(league: League, box: Appearances) -> list[Frame]:
    """Return articles, their extractions and the players that they mention."""
    rng = stream(league.options.seed, "news")
    dates = np.unique(box.date)
    if league.options.first_date is not None:
        dates = dates[dates >= np.datetime64(league.options.first_date)]
    dates = np.repeat(dates, _ARTICLES_PER_DAY)
    count = len(dates)
    candidates = np.flatnonzero(box.expected)
    bounds = np.searchsorted(box.date[candidates], [dates, dates + 1])
    row = candidates[rng.integers(bounds[0], np.maximum(bounds[1], bounds[0] + 1))]
    topic, source = rng.integers(0, len(_TOPICS), count), rng.integers(0, len(_SOURCES), count)
    names, teams = league.players.name[box.player[row]], league.team[box.team[row]]
    titles = [_TOPICS[t][1].format(name=name, team=team) for t, name, team in zip(topic, names, teams, strict=True)]
    ids = np.array([f"{number:08x}{n:05x}" for n, number in enumerate(rng.integers(0, 1 << 32, count))], dtype=object)
    published = midnights(dates) + rng.integers(8 * 60, 17 * 60, count) * MINUTE_US
    short = stream(league.options.seed, "news summaries").random(count) < 0.2
    articles = Frame(
        NEWS_ARTICLES,
        {
            "article_id": ids,
            "title": np.array(titles, dtype=object),
            "source": np.array(_SOURCES, dtype=object)[source],
            "source_url": np.array([f"https://news.example.com/{article}" for article in ids], dtype=object),
            "published_at": published,
            "summary": Nullable(np.array([f"{title}, says the club." for title in titles], dtype=object), short),
        },
    )
    insights = Frame(
        NEWS_INSIGHTS,
        {
            "article_id": ids,
            "category": np.array([name for name, _ in _TOPICS], dtype=object)[topic],
            "headline": np.array([title.split(" ahead")[0][:60] for title in titles], dtype=object),
            "ai_summary": np.array([f"{title}." for title in titles], dtype=object),
            "extracted_at": published + HOUR_US,
        },
    )
    second = np.flatnonzero(rng.random(count) < 0.3)
    other = candidates[rng.integers(bounds[0][second], np.maximum(bounds[1][second], bounds[0][second] + 1))]
    mentioned = np.concatenate([row, other])
    links = Frame(
        NEWS_LINKS,
        {
            "player_lookup": league.players.lookup[box.player[mentioned]],
            "article_id": np.concatenate([ids, ids[second]]),
            "sport": "nba",
            "mention_role": np.repeat(np.array(["primary", "mentioned"], dtype=object), [count, len(second)]),
        },
    )
    return [articles, insights, links]
