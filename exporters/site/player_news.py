"""``player-news`` and ``news-summary``: articles about players (contract: site-types E4).

Both are as of an instant: that of the request, at most the end of the date.
"""

from __future__ import annotations

from datetime import timedelta

from exporters.config import RULES
from exporters.declaration import Cache, Export, Grain, Json, Window, over
from exporters.league.games import schedule
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.nights.slate import Season
from exporters.league.players import box_scores, identity, news
from exporters.league.players.news import Mention, critical_category, known_until
from exporters.warehouse.tables import NEWS_LINKS

_NAMES = (*identity.READS, *over(Window.SEASON, *box_scores.READS))
"""A player whom the registry does not know is named by a box score of the season."""

PLAYER_NEWS = Export(
    name="player-news",
    grain=Grain.PLAYER,
    reads=(*news.LISTED_READS, *_NAMES),
    path=f"player-news/{news.SPORT}/{{player}}.json",
    cache=Cache.QUARTER_HOUR,
)
NEWS_SUMMARY = Export(
    name="news-summary",
    grain=Grain.SEASON,
    reads=(*news.LISTED_READS, *identity.READS, *CONTEXT_READS, *schedule.READS),
    path=f"player-news/{news.SPORT}/tonight-summary.json",
    cache=Cache.SHORT,
)


def _mentions(night: PlayerNight) -> list[Mention]:
    until = known_until(night.date, night.generated_at, night.config.calendar)
    return night.league.news.mentions(night.history.rows(NEWS_LINKS), night.date, until)


@PLAYER_NEWS.builder
def build(night: PlayerNight) -> Json | None:
    """List the newest articles about a player; None for a player whom no article ever named.

    A player whose articles are all too old has a document without articles, which replaces the one that had them.
    """
    if not any(link.sport == news.SPORT for link in night.history.rows(NEWS_LINKS)):
        return None
    listed = _mentions(night)[: RULES.news.listed]
    critical = critical_category(listed, known_until(night.date, night.generated_at, night.config.calendar))
    return {
        "player_lookup": night.player,
        "player_name": night.name,
        "team_abbr": "" if night.registry is None else night.registry.team_abbr,
        "sport": news.SPORT,
        "updated_at": night.generated_at,
        "has_critical_news": critical is not None,
        "critical_category": critical,
        "news_count": len(listed),
        "articles": [_article(mention) for mention in listed],
    }


def _article(mention: Mention) -> Json:
    story = mention.story
    return {
        "id": mention.article_id,
        "headline": story.headline,
        "title": mention.title,
        "summary": mention.summary,
        "category": story.category,
        "impact": RULES.news.impacts.get(story.category, "low"),
        "source": story.source,
        "source_url": story.source_url,
        "published_at": story.published_at,
        "is_primary_mention": mention.is_primary,
    }


@NEWS_SUMMARY.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player's recent articles; None for a player without any."""
    until = known_until(night.date, night.generated_at, night.config.calendar)
    since = until - timedelta(hours=RULES.news.recent_hours) // timedelta(microseconds=1)
    recent = [mention for mention in _mentions(night) if mention.published_at > since]
    if not recent:
        return None
    critical = critical_category(recent, until)
    return {
        "player_lookup": night.player,
        "has_critical_news": critical is not None,
        "critical_category": critical,
        "news_count": len(recent),
        "latest_category": recent[0].story.category,
        "plays_tonight": _plays(night),
    }


def _plays(night: PlayerNight) -> bool:
    """Whether the player's team has a game on the date: the team of the context, else the registered one."""
    registered = None if night.registry is None else night.registry.team_abbr
    team = registered if night.context is None else night.context.team_abbr
    return any(team in (game.home, game.away) for game in night.league.schedule.on(night.date))


@NEWS_SUMMARY.builder
def build_summary(season: Season) -> Json:
    """List the players with recent articles, those with most of them first (contract E4-8)."""
    players = sorted(season.cards(NEWS_SUMMARY), key=lambda made: (-made["news_count"], made["player_lookup"]))
    return {
        "updated_at": season.generated_at,
        "sport": news.SPORT,
        "total_players": len(players),
        "players": players,
    }
