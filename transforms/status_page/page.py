"""``status/index.html``: one file, with its style and its script, that loads nothing but data beside it."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import resources

PAGE_PATH = "status/index.html"
CONTENT_TYPE = "text/html; charset=utf-8"
_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


@lru_cache(maxsize=1)
def page() -> bytes:
    """Return the page. Its policy lets a browser run this script and apply this style alone, by their digests."""
    style, script = _file("page.css"), _file("page.js")
    policy = _POLICY.format(script=_source(script), style=_source(style))
    parts = {"{{policy}}": policy, "{{style}}": style, "{{script}}": script}
    text = _file("page.html")
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text.encode()


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
