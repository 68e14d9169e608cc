from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.declaration import Json
from exporters.site.player_news import NEWS_SUMMARY, PLAYER_NEWS
from tests.support.nights import GENERATED_AT, declared, document, player_document, player_documents
from tests.support.rows import (
    Row,
    context_row,
    game_row,
    news_article_row,
    news_insight_row,
    news_link_row,
    registry_row,
    schedule_row,
)
from tests.support.worlds import PROPERTY, blemished, disordered

ANN = "ann"
KEYS = (
    "player_lookup",
    "player_name",
    "team_abbr",
    "sport",
    "updated_at",
    "has_critical_news",
    "critical_category",
    "news_count",
    "articles",
)
ARTICLE_KEYS = (
    "id",
    "headline",
    "title",
    "summary",
    "category",
    "impact",
    "source",
    "source_url",
    "published_at",
    "is_primary_mention",
)


def story(
    article: str = "a1", at: str = "2025-01-14T12:00:00Z", category: str | None = "recap", **link: Any
) -> list[Row]:
    """Return an article, its insight unless the category is None, and the link to a player."""
    rows = [
        news_article_row(article_id=article, published_at=at),
        news_link_row(**{"player_lookup": ANN, **link, "article_id": article}),
    ]
    return rows if category is None else [*rows, news_insight_row(article_id=article, category=category)]


def news(*rows: Row, **options: Any) -> Json:
    return player_document(PLAYER_NEWS, *rows, player=ANN, **options)


def summary(*rows: Row, **options: Any) -> Json:
    return document(NEWS_SUMMARY, *rows, **options)


def test_paths_and_caches() -> None:
    assert (PLAYER_NEWS.path, PLAYER_NEWS.cache.value) == ("player-news/nba/{player}.json", 900)
    assert (NEWS_SUMMARY.path, NEWS_SUMMARY.cache.value) == ("player-news/nba/tonight-summary.json", 300)


def test_names_and_order_of_a_player_s_document() -> None:
    made = news(
        registry_row(player_lookup=ANN, player_name="Ann Lee", team_abbr="LAL"),
        news_link_row(player_lookup=ANN, mention_role="primary"),
        news_article_row(title="A long day", summary="It was long."),
        news_insight_row(category="injury", headline="Ann is hurt", ai_summary="She fell."),
    )
    (article,) = made["articles"]
    assert (tuple(made), tuple(article)) == (KEYS, ARTICLE_KEYS)
    assert (made["player_name"], made["team_abbr"], made["updated_at"]) == ("Ann Lee", "LAL", GENERATED_AT)
    assert article == {
        "id": "article-1",
        "headline": "Ann is hurt",
        "title": "A long day",
        "summary": "She fell.",
        "category": "injury",
        "impact": "high",
        "source": "ESPN",
        "source_url": "https://example.com/article-1",
        "published_at": "2025-01-14T12:00:00+00:00",
        "is_primary_mention": True,
    }


def test_names_and_order_of_the_summary() -> None:
    assert summary(schedule_row(), *story(category="trade")) == {
        "updated_at": GENERATED_AT,
        "sport": "nba",
        "total_players": 1,
        "players": [
            {
                "player_lookup": ANN,
                "has_critical_news": True,
                "critical_category": "trade",
                "news_count": 1,
                "latest_category": "trade",
                "plays_tonight": False,
            }
        ],
    }


@pytest.mark.parametrize(
    ("category", "impact", "critical"),
    [
        ("injury", "high", True),
        ("trade", "high", True),
        ("suspension", "high", True),
        ("signing", "medium", False),
        ("lineup", "medium", False),
        ("recap", "low", False),
        ("rumour", "low", False),
    ],
)
def test_the_impact_of_a_category(category: str, impact: str, critical: bool) -> None:
    made = news(*story(category=category))
    assert (made["articles"][0]["impact"], made["has_critical_news"]) == (impact, critical)
    assert made["critical_category"] == (category if critical else None)


def test_e4_1_an_article_without_an_insight_is_other_in_both_documents() -> None:
    rows = story(category=None)
    assert (news(*rows)["articles"][0]["category"], news(*rows)["articles"][0]["impact"]) == ("other", "low")
    assert summary(*rows)["players"][0]["latest_category"] == "other"


@pytest.mark.parametrize(
    ("extracted", "own", "shown"),
    [("ours", "theirs", "ours"), (None, "theirs", "theirs"), ("", "theirs", "theirs"), (None, None, None)],
)
def test_the_summary_of_an_article(extracted: str | None, own: str | None, shown: str | None) -> None:
    rows = [news_link_row(player_lookup=ANN), news_article_row(summary=own), news_insight_row(ai_summary=extracted)]
    assert news(*rows)["articles"][0]["summary"] == shown


def test_a_player_whom_the_registry_does_not_know_is_named_by_a_box_score() -> None:
    rows = [*story(), game_row(player_lookup=ANN, player_full_name="Ann Lee")]
    made = news(*declared(PLAYER_NEWS, rows))
    assert (made["player_name"], made["team_abbr"]) == ("Ann Lee", "")


def test_a_player_whom_no_table_names_is_shown_by_the_id() -> None:
    assert news(*story())["player_name"] == ANN


def test_a_long_title_is_cut_as_in_the_profile() -> None:
    title = "x" * 41 + " " + "y" * 23
    made = news(news_link_row(player_lookup=ANN), news_article_row(title=title))
    assert (made["articles"][0]["headline"], made["articles"][0]["title"]) == ("x" * 41 + "...", title)


def test_e4_2_an_article_counts_once() -> None:
    rows = [
        *story(category="recap"),
        *story(category="recap", mention_role="primary"),
        news_insight_row(article_id="a1", category="trade", extracted_at="2025-01-14T15:00:00Z"),
    ]
    made = news(*rows)
    assert (made["news_count"], made["articles"][0]["category"]) == (1, "trade")
    assert made["articles"][0]["is_primary_mention"]
    assert summary(*rows)["players"][0]["news_count"] == 1


@pytest.mark.parametrize("role", ["mentioned", "secondary", None])
def test_only_the_player_who_is_named_first_is_the_primary_mention(role: str | None) -> None:
    assert not news(*story(mention_role=role))["articles"][0]["is_primary_mention"]


def test_e4_3_categories_are_those_of_the_newest_article() -> None:
    rows = [
        *story("a1", "2025-01-14T12:00:00Z", "injury"),
        *story("a2", "2025-01-14T13:00:00Z", "trade"),
        *story("a3", "2025-01-14T14:00:00Z", "recap"),
    ]
    (player,) = summary(*rows)["players"]
    assert (player["latest_category"], player["critical_category"]) == ("recap", "trade")
    assert news(*rows)["critical_category"] == "trade"


@pytest.mark.parametrize(("at", "critical"), [("2025-01-08T18:00:01Z", "injury"), ("2025-01-08T18:00:00Z", None)])
def test_e4_4_a_player_is_marked_for_seven_days(at: str, critical: str | None) -> None:
    made = news(*story(at=at, category="injury"))
    assert (made["news_count"], made["critical_category"], made["has_critical_news"]) == (1, critical, bool(critical))


@pytest.mark.parametrize(
    ("at", "players"),
    [
        ("2025-01-12T18:00:00Z", 0),
        ("2025-01-12T18:00:01Z", 1),
        ("2025-01-15T18:00:00Z", 1),
        ("2025-01-15T18:00:01Z", 0),
    ],
)
def test_e4_5_the_summary_is_of_72_hours(at: str, players: int) -> None:
    made = summary(*story(at=at))
    assert made["total_players"] == len(made["players"]) == players


@pytest.mark.parametrize(("at", "count"), [("2025-01-16T04:59:59Z", 1), ("2025-01-16T05:00:00Z", 0)])
def test_a_date_that_is_over_ends_at_midnight_in_new_york(at: str, count: int) -> None:
    later = "2025-02-01T12:00:00+00:00"
    assert news(*story(at=at), generated_at=later)["news_count"] == count
    assert summary(*story(at=at), generated_at=later)["total_players"] == count


def test_an_article_of_the_future_is_not_known() -> None:
    assert news(*story(at="2025-01-15T18:00:01Z"))["articles"] == []


def test_e4_6_other_sports_are_left_out() -> None:
    rows = story(sport="mlb")
    assert player_documents(PLAYER_NEWS, *rows) == {}
    assert summary(*rows)["players"] == []


def test_e4_7_articles_age_out() -> None:
    made = news(*story(at="2024-01-10T12:00:00Z", category="injury"))
    assert (made["news_count"], made["articles"], made["has_critical_news"]) == (0, [], False)
    assert not PLAYER_NEWS.is_empty(made), "an empty document is never published over one that shows something"
    assert not NEWS_SUMMARY.is_empty(summary()), "nor is one of players"


def test_a_player_without_any_link_has_no_document() -> None:
    assert player_documents(PLAYER_NEWS, registry_row(player_lookup=ANN), news_article_row()) == {}


def test_e4_8_articles_are_newest_first_then_by_id() -> None:
    rows = [*story("b"), *story("a"), *story("c", "2025-01-14T12:00:01Z")]
    assert [article["id"] for article in news(*rows)["articles"]] == ["c", "a", "b"]


def test_at_most_20_articles_are_listed() -> None:
    rows = [row for n in range(25) for row in story(f"a{n:02}", f"2025-01-14T12:00:{n:02}Z")]
    made = news(*rows)
    assert (made["news_count"], len(made["articles"])) == (20, 20)
    assert (made["articles"][0]["id"], made["articles"][-1]["id"]) == ("a24", "a05")
    assert summary(*rows)["players"][0]["news_count"] == 25


def test_e4_8_players_with_most_articles_come_first() -> None:
    rows = [*story("a1", player_lookup="cem"), *story("a2", player_lookup="bob")]
    rows += [*story("a3", player_lookup="zoe"), *story("a4", player_lookup="zoe")]
    assert [player["player_lookup"] for player in summary(*rows)["players"]] == ["zoe", "bob", "cem"]


@pytest.mark.parametrize(
    ("rows", "plays"),
    [
        ([registry_row(player_lookup=ANN, team_abbr="LAL")], True),
        ([registry_row(player_lookup=ANN, team_abbr="CHI")], False),
        ([registry_row(player_lookup=ANN, team_abbr="CHI"), context_row(player_lookup=ANN, team_abbr="BOS")], True),
        ([], False),
    ],
)
def test_e4_9_who_plays_tonight(rows: list[Row], plays: bool) -> None:
    (player,) = summary(schedule_row(), *rows, *story())["players"]
    assert player["plays_tonight"] is plays


ROWS = [
    schedule_row(),
    registry_row(player_lookup=ANN),
    *story("a1", category="injury", mention_role="primary"),
    *story("a2", "2025-01-13T12:00:00Z", category=None),
    *story("a3", player_lookup="bob", category="trade"),
]


@settings(PROPERTY, max_examples=30)
@given(data=st.data())
def test_the_two_documents_agree_whatever_is_null(data: st.DataObject) -> None:
    rows = data.draw(blemished(ROWS))
    listed = {player["player_lookup"]: player for player in summary(*rows)["players"]}
    documents = player_documents(PLAYER_NEWS, *data.draw(disordered(rows)))
    assert {who for who, made in documents.items() if made["articles"]} == set(listed)
    for who, player in listed.items():
        made = documents[who]
        assert player["news_count"] == made["news_count"]
        assert player["latest_category"] == made["articles"][0]["category"]
        assert player["critical_category"] == made["critical_category"]
