from __future__ import annotations

from datetime import date

from pipeline.comparison.change import Change, Comparison, Kind
from pipeline.comparison.tables import listed, markdown, text_table

DAY = date(2026, 2, 11)


def change(kind: Kind, subject: str = "a", **other: object) -> Change:
    return Change(kind, "predictions", DAY, "predictions/2026-02-11.json", subject, **other)  # type: ignore[arg-type]


FOUND = Comparison(
    compared=3,
    unchanged=1,
    changes=[
        change(Kind.PICKS_DROPPED, before="OVER"),
        change(Kind.PICKS_ADDED, after="UNDER"),
        change(Kind.PREDICTIONS_CHANGED, before=20.5, after=23.0, amount=2.5),
        Change(Kind.POINTERS_CHANGED, "predictions", None, "predictions/today.json", before="2026-02-10"),
    ],
)


def test_a_row_for_each_type_and_date_that_differs() -> None:
    head, pointer, night = text_table(FOUND)
    assert head.split() == [
        *("type", "and", "date", "losses", "documents", "unreadable", "pointers", "players"),
        *("picks", "flipped", "lines", "predictions", "by", "points"),
    ]
    assert pointer.split() == ["predictions", "~1"]
    assert night.split() == ["predictions", "2026-02-11", "-1", "+1", "~1", "2.5"]
    assert text_table(Comparison(compared=3, unchanged=3)) == []


def test_every_kind_is_in_a_column() -> None:
    for kind in Kind:
        assert "1" in text_table(Comparison(changes=[change(kind)]))[1].split("2026-02-11")[1], kind


def test_a_kind_with_many_changes_leaves_room_for_the_others() -> None:
    many = Comparison(changes=[*(change(Kind.PLAYERS_LOST, f"p{n}") for n in range(99)), change(Kind.PICKS_FLIPPED)])
    chosen, more = listed(many, 10)
    assert [one.kind for one in chosen].count(Kind.PICKS_FLIPPED) == 1
    assert (len(chosen), more) == (10, 90)
    assert listed(many, 0) == ([], 100)
    assert listed(many, 1000)[1] == 0


def test_markdown_names_thresholds_rows_and_changes() -> None:
    text = markdown(FOUND, "out", "gs://b_1/v1", ["1 picks dropped"], 3)
    assert text.startswith("### out → gs://b\\_1/v1\n\n3 objects compared, 1 are equal, 4 differences.\n")
    assert "- 1 picks dropped\n" in text
    assert "| predictions 2026-02-11 |  |  |  |  |  | -1 +1 |  |  | \\~1 | 2.5 |" in text
    assert "- and 1 more\n" in text
    widths = {line.count("|") for line in text.splitlines() if line.startswith("|")}
    assert len(widths) == 1


def test_markdown_shows_texts_of_documents_as_they_are() -> None:
    wild = Comparison(changes=[change(Kind.PICKS_DROPPED, "a|b <img src=x> @team #1 [x](y) &amp;\n| c", before="OVER")])
    line = next(line for line in markdown(wild, "a", "b", [], 9).splitlines() if "picks dropped:" in line)
    for sign in ("<", ">", "@", "&amp;", " | ", "[x]", "#1"):
        assert sign not in line.replace("\\|", "").replace("&#60;", "").replace("\\[", "(").replace("\\]", ")"), sign
    assert "a\\|b &#60;img src=x&#62; &#64;team &#35;1 \\[x\\](y) &#38;amp; \\| c" in line


def test_markdown_of_equal_trees_is_one_line() -> None:
    text = markdown(Comparison(compared=3, unchanged=3), "a", "b", [], 9)
    assert text == "### a → b\n\n3 objects compared, 3 are equal, 0 differences.\n"
