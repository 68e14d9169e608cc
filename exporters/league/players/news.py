"""The newest articles about a player."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from exporters.config import RULES, LeagueCalendar
from exporters.declaration import Read, Window
from exporters.league.arithmetic.dates import instant_of, local_date, utc
from exporters.warehouse.league_rows import NewsArticleRow, NewsInsightRow, NewsLinkRow
from exporters.warehouse.schema import Instant
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import NEWS_ARTICLES, NEWS_INSIGHTS, NEWS_LINKS

SPORT = "nba"
"""Players of other sports may share an id (contract P&L P16)."""
SHOWN = Window(days=RULES.news.days, ahead=1)
"""How old an article may be. Tables are cut by UTC dates, which begin before an American evening ends."""

READS = (
    Read(NEWS_LINKS, ("player_lookup", "article_id", "sport"), equals={"sport": (SPORT,)}),
    Read(NEWS_INSIGHTS, ("article_id", "category", "headline", "extracted_at")),
    Read(NEWS_ARTICLES, ("article_id", "title", "source", "source_url", "published_at"), SHOWN),
)

LISTED_READS = (
    *READS,
    Read(NEWS_LINKS, ("player_lookup", "article_id", "mention_role")),
    Read(NEWS_INSIGHTS, ("article_id", "ai_summary")),
    Read(NEWS_ARTICLES, ("article_id", "summary"), SHOWN),
)
"""The same with what a list of articles shows besides."""
PRIMARY = "primary"
"""The role of the player whom an article names first."""

OTHER = "other"
"""The category of an article that nothing was extracted from."""

_PUBLISHERS = {"espn": "ESPN", "cbs": "CBS Sports", "rotowire": "RotoWire", "yahoo": "Yahoo Sports"}
SOURCES = {f"{key}_{sport}": name for key, name in _PUBLISHERS.items() for sport in ("nba", "mlb")}
"""Display names of the sources; any other source is shown as it is stored."""


class Story(NamedTuple):
    """An article as documents show it; ``published_at`` is ISO 8601, UTC."""

    headline: str
    category: str
    source: str
    source_url: str | None
    published_at: str


class Mention(NamedTuple):
    """An article about a player, with what a list of articles shows of it besides its story."""

    article_id: str
    story: Story
    title: str
    summary: str | None
    is_primary: bool
    published_at: Instant


def known_until(day: date, generated_at: str, calendar: LeagueCalendar) -> Instant:
    """Return the instant up to which articles are known on a date: that of the request, at most the date's end."""
    midnight = datetime.combine(day + timedelta(days=1), time(), calendar.zone)
    return min(instant_of(generated_at), instant_of(midnight.isoformat()))


def critical_category(mentions: Iterable[Mention], until: Instant) -> str | None:
    """Return the category of the newest article that marks a player, as long as it is recent (contract E4-3, E4-4).

    Args:
        mentions: Articles, newest first.
        until: The instant up to which articles are known.
    """
    rules = RULES.news
    since = until - timedelta(days=rules.critical_days) // timedelta(microseconds=1)
    categories = (mention.story.category for mention in mentions if mention.published_at > since)
    return next((category for category in categories if category in rules.critical), None)


def short_title(title: str) -> str:
    """Return a title that fits, cut between words where that leaves enough of it (contract P16)."""
    rules = RULES.news
    if len(title) <= rules.longest_title:
        return title
    cut = title[: rules.cut_title]
    space = cut.rfind(" ")
    return (cut[:space] if space > rules.shortest_title else cut) + "..."


class News:
    """Every article and what was extracted from it."""

    def __init__(
        self, articles: Iterable[NewsArticleRow], insights: Iterable[NewsInsightRow], calendar: LeagueCalendar
    ) -> None:
        """Keep one row per article and its newest insight."""
        self._calendar = calendar
        self._articles = latest_per(articles, key=lambda row: row.article_id, by=lambda row: (row.published_at,))
        self._insights = latest_per(insights, key=lambda row: row.article_id, by=lambda row: (known(row.extracted_at),))

    def about(self, links: Iterable[NewsLinkRow], day: date, count: int) -> list[Story]:
        """Return the newest articles that links name, published up to a date, newest first (contract P16, P9)."""
        named = {link.article_id for link in links if link.sport == SPORT}
        return [self._story(article) for article in self._published(named, day)[:count]]

    def mentions(self, links: Iterable[NewsLinkRow], day: date, until: Instant) -> list[Mention]:
        """Return all articles that links name, published up to a date and an instant, newest first (contract E4).

        Each article is there once, and is about the player first when any of its links says so (contract E4-2).
        """
        primary: dict[str, bool] = {}
        for link in links:
            if link.sport == SPORT:
                primary[link.article_id] = primary.get(link.article_id, False) or link.mention_role == PRIMARY
        return [
            Mention(
                article.article_id,
                self._story(article),
                article.title,
                (None if insight is None else insight.ai_summary) or article.summary,
                primary[article.article_id],
                article.published_at,
            )
            for article in self._published(primary, day)
            if article.published_at <= until
            for insight in (self._insights.get(article.article_id),)
        ]

    def _published(self, named: Iterable[str], day: date) -> list[NewsArticleRow]:
        """Return the articles of some ids that were published in the year up to a date, newest first."""
        articles = [
            article
            for article in map(self._articles.get, named)
            if article is not None and SHOWN.first(day) <= local_date(article.published_at, self._calendar) <= day
        ]
        articles.sort(key=lambda article: (-article.published_at, article.article_id))
        return articles

    def _story(self, article: NewsArticleRow) -> Story:
        insight = self._insights.get(article.article_id)
        return Story(
            headline=(insight.headline if insight is not None else None) or short_title(article.title),
            category=(insight.category if insight is not None else None) or OTHER,
            source=SOURCES.get(article.source, article.source),
            source_url=article.source_url,
            published_at=utc(article.published_at).isoformat(),
        )
