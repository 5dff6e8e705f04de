"""The JSON schema of model files, with which editors check and complete them. Pure."""

import json
from typing import Any

from mkbackend.slices.model.forms import NAME, VALUE, fields, whole
from mkbackend.slices.resource.rights import AUTHS, PUBLIC, USER

# One of several roles: the words that include all others stand alone.
_ROLE = f"(?!(?:{PUBLIC}|{USER})(?![a-z0-9_])){NAME}"
_ROLES = rf"(?!(?:.*\+)?([a-z0-9_]+)\+(?:.*\+)?\1(?:\+|$)){_ROLE}(?:\+{_ROLE})*"


def schema() -> dict[str, Any]:
    """Return the schema, of draft 7."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Resources of an mkbackend project",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "patternProperties": {whole(NAME): {"$ref": "#/definitions/resource"}},
        "definitions": {"resource": _resource(), "field": _field()},
    }


def text_of() -> str:
    """Return the schema as text."""
    return json.dumps(schema(), indent=2) + "\n"


def _resource() -> dict[str, Any]:
    """Return the schema of a resource's table, whose keys are those of `model.TABLE_KEYS`."""
    return {
        "type": "object",
        "description": "A resource; its name is in the singular.",
        "additionalProperties": False,
        "required": ["fields"],
        "properties": {
            "plural": _text(NAME, "The plural, if the usual one is wrong; also the table and the path."),
            "auth": {"enum": list(AUTHS), "description": "Access rule; by default user."},
            "read": _text(f"{PUBLIC}|{USER}|{_ROLES}", "Readers: public, user, owner, admin or roles with +."),
            "write": _text(f"{USER}|{_ROLES}", "Writers: user, owner, admin or roles with +."),
            "soft_delete": {"type": "boolean", "default": True, "description": "Whether deleted rows stay, hidden."},
            "fields": _list(
                {"anyOf": [{"$ref": "#/definitions/field"}, _renamed()]}, "NAME:TYPE[:MODIFIER]...[=DEFAULT]", 1
            ),
            "unique": _list(_text(rf"{NAME}(?:\+{NAME})+"), "Fields that are unique together: room+starts_at."),
            "no_overlap": _list(
                _text(rf"(?:{NAME}\+)*{NAME}\.\.{NAME}"), "Ranges that do not overlap: room+starts_at..ends_at."
            ),
            "transitions": _list(_text(f"{VALUE}:{VALUE}(?:={NAME})?"), "Steps of a readonly enum: pending:confirmed."),
        },
    }


def _field() -> dict[str, Any]:
    return {"anyOf": [_text(pattern, syntax) for syntax, pattern in fields()]}


def _renamed() -> dict[str, Any]:
    """Return the schema of a field that had another name."""
    return {
        "type": "object",
        "description": "A renamed field.",
        "additionalProperties": False,
        "required": ["field", "was"],
        "properties": {"field": {"$ref": "#/definitions/field"}, "was": _text(NAME, "Its former name.")},
    }


def _list(items: dict[str, Any], description: str, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "description": description, "minItems": least}


def _text(pattern: str, description: str = "") -> dict[str, Any]:
    found = {"type": "string", "pattern": whole(pattern)}
    return {**found, "description": description} if description else found
