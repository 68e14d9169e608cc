"""What can be said of the page without a browser: its policy, its structure, its names and its colours."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from importlib import resources

import pytest

from transforms.status_page.page import page
from transforms.status_page.states import Cell

PAGE = page().decode()
VOID = {"meta", "link", "br", "img", "input", "hr"}
ENOUGH = 4.5
"""The contrast of text that WCAG 2.2 asks for at level AA."""


class Outline(HTMLParser):
    """The elements of a page with their attributes, and the text of its style and its script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.elements if found == tag]


@pytest.fixture(scope="module")
def outline() -> Outline:
    return Outline(PAGE)


def source(name: str) -> str:
    return resources.files("transforms.status_page").joinpath(name).read_text(encoding="utf-8")


class TestPolicy:
    def test_only_this_script_and_this_style_are_applied_and_nothing_else_is_loaded(self, outline: Outline) -> None:
        (told,) = [
            meta["content"] for meta in outline.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"
        ]
        policy = dict(part.strip().split(" ", 1) for part in str(told).split(";"))

        def digest(tag: str) -> str:
            return f"'sha256-{base64.b64encode(hashlib.sha256(outline.texts[tag].encode()).digest()).decode()}'"

        assert policy == {
            "default-src": "'none'",
            "script-src": digest("script"),
            "style-src": digest("style"),
            "connect-src": "'self'",
            "img-src": "data:",
            "base-uri": "'none'",
            "form-action": "'none'",
            "require-trusted-types-for": "'script'",
            "trusted-types": "'none'",
        }

    def test_there_is_one_script_and_one_style_without_handlers_or_styles_of_elements(self, outline: Outline) -> None:
        assert outline.all("script") == outline.all("style") == [{}]
        names = {name for _, attributes in outline.elements for name in attributes}
        assert not [name for name in names if name.startswith("on") or name in ("style", "src")]
        # Without an icon of its own a browser requests one from the host.
        assert outline.all("link") == [{"rel": "icon", "href": "data:,"}]

    def test_the_policy_comes_before_what_it_governs(self) -> None:
        assert PAGE.index("Content-Security-Policy") < PAGE.index("<style>") < PAGE.index("<script>")

    @pytest.mark.parametrize(
        "word", ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "setTimeout("]
    )
    def test_nothing_is_parsed_as_html_or_run_as_code(self, word: str) -> None:
        assert word not in source("page.js")
        assert ".style" not in source("page.js")

    def test_no_end_of_an_element_hides_in_script_or_style(self) -> None:
        assert "</" not in source("page.js")
        assert "</" not in source("page.css")

    def test_no_host_is_named(self) -> None:
        hosts = set(re.findall(r"https?://[^\"' )]+", PAGE))
        assert hosts == {"http://www.w3.org/2000/svg"}


class TestStructure:
    def test_every_element_is_closed(self, outline: Outline) -> None:
        assert outline.open == []

    def test_it_has_a_language_a_title_and_landmarks(self, outline: Outline) -> None:
        assert outline.all("html") == [{"lang": "en"}]
        assert outline.texts["title"] == "Export status"
        assert {"content": "width=device-width, initial-scale=1", "name": "viewport"} in outline.all("meta")
        for tag in ("header", "main", "footer", "nav", "h1"):
            assert len(outline.all(tag)) == 1, tag

    def test_every_section_region_and_list_of_links_has_a_name(self, outline: Outline) -> None:
        ids = {attributes.get("id") for _, attributes in outline.elements}
        named = [
            *outline.all("section"),
            *outline.all("nav"),
            *(a for _, a in outline.elements if a.get("role") == "region"),
        ]
        assert len(named) == 7
        for attributes in named:
            assert attributes.get("aria-label") or attributes.get("aria-labelledby") in ids, attributes

    def test_what_scrolls_is_reached_by_keyboard(self, outline: Outline) -> None:
        scrolling = [attributes for _, attributes in outline.elements if attributes.get("class") == "scroll"]
        assert len(scrolling) == 2
        assert all(attributes.get("tabindex") == "0" for attributes in scrolling)

    def test_ids_are_unique_and_those_that_the_script_uses_are_there(self, outline: Outline) -> None:
        ids = [attributes["id"] for _, attributes in outline.elements if attributes.get("id")]
        assert len(ids) == len(set(ids))
        used = set(re.findall(r'\bat\("([a-z-]+)"\)', source("page.js")))
        assert len(used) > 8
        assert used <= set(ids)

    def test_every_state_has_a_word_a_shape_and_a_colour(self) -> None:
        for cell in Cell:
            assert re.search(rf"^    {cell.value}: \[\"[a-z ]+\", \"", source("page.js"), re.MULTILINE), cell
            assert re.search(rf"^\.{cell.value} \.mark ", source("page.css"), re.MULTILINE), cell
            assert re.search(rf"^\.{cell.value} {{ color: ", source("page.css"), re.MULTILINE), cell

    def test_what_has_the_focus_is_visible(self) -> None:
        assert re.search(r":focus-visible \{ outline: 3px solid var\(--link\)", source("page.css"))
        assert "outline: none" not in source("page.css")


def schemes() -> dict[str, dict[str, str]]:
    """Return the colours of the light and of the dark scheme by name."""
    light, dark = re.findall(r":root \{(.*?)\n *\}", source("page.css"), re.DOTALL)
    first = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light))
    return {"light": first, "dark": {**first, **dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", dark))}}


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, by WCAG 2.2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


class TestColours:
    def test_the_formula_is_that_of_the_standard(self) -> None:
        assert contrast("#000000", "#ffffff") == pytest.approx(21)
        assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_text_has_enough_contrast(self, scheme: str) -> None:
        colours = schemes()[scheme]
        pairs = [(ink, ground) for ink in ("text", "muted", "link") for ground in ("page", "panel")]
        pairs += [(name.removesuffix("-fill"), name) for name in colours if name.endswith("-fill")]
        pairs += [("panel", "link"), ("missing", "panel")]
        assert len(pairs) == 6 + len(Cell) + 2
        low = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
        assert {pair: found for pair, found in low.items() if found < ENOUGH} == {}

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_bars_differ_from_what_is_behind_them(self, scheme: str) -> None:
        assert contrast(schemes()[scheme]["bar"], schemes()[scheme]["panel"]) >= 3
        assert contrast(schemes()[scheme]["bar"], schemes()[scheme]["page"]) >= 3

    def test_every_colour_comes_from_the_schemes(self) -> None:
        rules = re.sub(r":root \{.*?\n *\}", "", source("page.css"), flags=re.DOTALL)
        assert re.findall(r"#[0-9a-f]{3,8}\b", rules.replace("#date", "").replace("#facts", "")) == []
        assert set(re.findall(r"var\(--([a-z-]+)\)", rules)) == set(schemes()["light"])

    def test_both_schemes_are_offered(self) -> None:
        assert schemes()["light"]["page"] != schemes()["dark"]["page"]
        assert "prefers-color-scheme: dark" in source("page.css")
