"""The JSON Schema of a request, made from its model and from the registry.

It accepts what the parser accepts, and rejects the rest as far as a schema can. Only the parser checks
whether a date is on the calendar (``format`` states it for validators that check it), not two years ahead, and not
before the start of its range; how long a range is; whether ``5.0`` was meant as ``5``; and whether a key occurs twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.options.option_table import REQUEST_OPTIONS
from pipeline.requests.request_message import RequestMessage

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_RANGE = ("start_date", "end_date")


class _Plain(GenerateJsonSchema):
    """Leaves out what does not help to write a request: titles of fields, and null defaults."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Return that no field has a title."""
        return False

    def default_schema(self, schema: Any) -> dict[str, Any]:
        """Return the schema of a value, with a default that is one."""
        inner = self.generate_inner(schema["schema"])
        default = schema.get("default")
        return inner if default in (None, "", []) else {**inner, "default": default}

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        """Return the schema of a value: null is no value."""
        return self.generate_inner(schema["schema"])


def request_schema(
    known_types: Sequence[str], known_groups: Mapping[str, Sequence[str]], player_types: Sequence[str]
) -> dict[str, Any]:
    """Return the schema.

    Args:
        known_types: Every export type.
        known_groups: Group name to its export types.
        player_types: The export types that a request for players stands for.
    """
    schema = RequestMessage.model_json_schema(schema_generator=_Plain)
    fields = schema["properties"]
    for option in REQUEST_OPTIONS:
        fields[option.name] |= {"description": option.help, "examples": [option.value_of(option.example)]}
    fields["export_types"]["items"] = {"enum": [*known_types, *known_groups]}
    for_players = [
        *(name for name in known_types if name in player_types),
        *(name for name, members in known_groups.items() if members and set(members) <= set(player_types)),
    ]
    return {
        "$schema": DIALECT,
        "title": "A request of the Phase 6 export",
        **{key: value for key, value in schema.items() if key != "title"},
        "oneOf": [
            _scope("For one date.", ("export_types", "target_date"), without=(*_RANGE, "min_games")),
            _scope("For a range of dates.", ("export_types", *_RANGE), without=("target_date", "min_games")),
            {
                **_scope("For players, as of the league day.", ("players",), without=("target_date", *_RANGE)),
                "properties": {
                    "players": {"const": True},
                    "export_types": {"items": {"enum": for_players}},
                    **dict.fromkeys(("target_date", *_RANGE), False),
                },
            },
        ],
    }


def _scope(description: str, required: Sequence[str], *, without: Sequence[str]) -> dict[str, Any]:
    return {
        "description": description,
        "required": list(required),
        "properties": {"players": {"const": False}, **dict.fromkeys(without, False)},
    }


def schema_text() -> str:
    """Return the schema of the requests that this version understands, as a file."""
    return json.dumps(request_schema(tuple(exports()), groups(), PLAYER_TYPES), indent=2, ensure_ascii=False) + "\n"
