"""The newest articles about a player."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from exporters.config import RULES
from exporters.declaration import Read, Window
from exporters.league.arithmetic.dates import new_york_date, utc
from exporters.warehouse.league_rows import NewsArticleRow, NewsInsightRow, NewsLinkRow
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import NEWS_ARTICLES, NEWS_INSIGHTS, NEWS_LINKS

SPORT = "nba"
"""Players of other sports may share an id (contract P&L P16)."""
SHOWN = Window(days=RULES.news.days, ahead=1)
"""How old an article may be. Tables are cut by UTC dates, which begin before a New York evening ends."""

READS = (
    Read(NEWS_LINKS, ("player_lookup", "article_id", "sport"), equals={"sport": (SPORT,)}),
    Read(NEWS_INSIGHTS, ("article_id", "category", "headline", "extracted_at")),
    Read(NEWS_ARTICLES, ("article_id", "title", "source", "source_url", "published_at"), SHOWN),
)

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

    def __init__(self, articles: Iterable[NewsArticleRow], insights: Iterable[NewsInsightRow]) -> None:
        """Keep one row per article and its newest insight."""
        self._articles = latest_per(articles, key=lambda row: row.article_id, by=lambda row: (row.published_at,))
        self._insights = latest_per(insights, key=lambda row: row.article_id, by=lambda row: (known(row.extracted_at),))

    def about(self, links: Iterable[NewsLinkRow], day: date, count: int) -> list[Story]:
        """Return the newest articles that links name, published up to a date, newest first (contract P16, P9)."""
        named = {link.article_id for link in links if link.sport == SPORT}
        articles = [
            article
            for article in map(self._articles.get, named)
            if article is not None and SHOWN.first(day) <= new_york_date(article.published_at) <= day
        ]
        articles.sort(key=lambda article: (-article.published_at, article.article_id))
        return [self._story(article) for article in articles[:count]]

    def _story(self, article: NewsArticleRow) -> Story:
        insight = self._insights.get(article.article_id)
        return Story(
            headline=(insight.headline if insight is not None else None) or short_title(article.title),
            category=(insight.category if insight is not None else None) or OTHER,
            source=SOURCES.get(article.source, article.source),
            source_url=article.source_url,
            published_at=utc(article.published_at).isoformat(),
        )
