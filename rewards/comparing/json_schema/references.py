"""Where a `$ref` leads within one document: base URIs, anchors and JSON pointers, as each draft has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rewards.comparing.json_schema.dialects import DIALECTS, NEWEST, Dialect, Schema, schemas_in


class Resource:
    """A schema with a URI of its own: the document, or a part of it with an `$id`. `dynamic` has the schemas with a
    `$dynamicAnchor`; the one of a `$recursiveAnchor` has no name."""

    def __init__(self, number: int, uri: str, root: Any, dialect: Dialect) -> None:
        self.number, self.uri, self.root, self.dialect = number, uri, root, dialect
        self.anchors: dict[str, Any] = {}
        self.dynamic: dict[str, Any] = {}


class Place(NamedTuple):
    """A schema, and the resource whose rules and base URI hold there."""

    schema: Any
    resource: Resource


class Document:
    """Every resource of a schema. `problems` are the names of drafts that we do not know."""

    def __init__(self, schema: Schema) -> None:
        self.problems: list[str] = []
        self.resources: list[Resource] = []
        self.by_uri: dict[str, Resource] = {}
        self.home: dict[int, Resource] = {}
        self.root = self._resource(schema, "", self._dialect(schema, NEWEST, "#"))
        self._index(schema, self.root, "#")

    def find(self, reference: str, resource: Resource) -> Place | None:
        """What `reference` leads to from inside `resource`; None where there is nothing in this document."""
        uri, _, fragment = reference.partition("#")
        found = self.by_uri.get(_joined(resource.uri, uri)) if uri else resource
        if found is None:
            return None
        fragment = _unquoted(fragment)
        if fragment in found.anchors:
            return Place(found.anchors[fragment], self.home.get(id(found.anchors[fragment]), found))
        return self._at(fragment, found) if fragment[:1] in ("", "/") else None

    def _at(self, pointer: str, resource: Resource) -> Place | None:
        found = resource.root
        for token in pointer.split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                return None
            resource = self.home.get(id(found), resource)
        if isinstance(found, Mapping) and id(found) not in self.home:  # under a key that is no keyword
            resource = self._index(found, resource, f"#{pointer}")
        return Place(found, resource) if isinstance(found, Mapping | bool) else None

    def _resource(self, root: Schema, uri: str, dialect: Dialect) -> Resource:
        resource = Resource(len(self.resources), uri, root, dialect)
        self.resources.append(resource)
        self.by_uri.setdefault(uri, resource)
        return resource

    def _dialect(self, schema: Schema, otherwise: Dialect, where: str) -> Dialect:
        uri = schema.get("$schema") if isinstance(schema, Mapping) else None
        if uri is None:
            return otherwise
        dialect = DIALECTS.get(uri.rstrip("#").partition("://")[2]) if isinstance(uri, str) else None
        if dialect is None:
            wanted = f"one of the drafts 4 to 2020-12, such as 'https://{list(DIALECTS)[-1]}'"
            self.problems.append(f"{where}/$schema must name {wanted}, got {uri!r:.200}")
        return dialect or otherwise

    def _index(self, schema: Schema, resource: Resource, where: str) -> Resource:
        """Note the resources and anchors in `schema`; the resource that it is of."""
        if not isinstance(schema, Mapping):
            return resource
        resource = self._own(schema, resource, where)
        self.home.setdefault(id(schema), resource)
        self._note_anchors(schema, resource)
        for pointer, inner in schemas_in(schema, resource.dialect):
            self._index(inner, resource, f"{where}/{pointer}")
        return resource

    def _own(self, schema: Mapping[str, Any], resource: Resource, where: str) -> Resource:
        """A new resource where `schema` names itself; what names only a fragment is an anchor."""
        is_root = schema is resource.root
        dialect = resource.dialect if is_root else self._dialect(schema, resource.dialect, where)
        name = schema.get(dialect.id)
        if not isinstance(name, str) or name.startswith("#") or (dialect.ref_is_alone and "$ref" in schema):
            return resource
        uri = _joined(resource.uri, name.rstrip("#"))
        if is_root:
            resource.uri = uri
            self.by_uri.setdefault(uri, resource)
            return resource
        return self._resource(schema, uri, dialect)

    def _note_anchors(self, schema: Mapping[str, Any], resource: Resource) -> None:
        name = schema.get(resource.dialect.id)
        if resource.dialect.ref_is_alone:
            if isinstance(name, str) and name.startswith("#") and len(name) > 1 and "$ref" not in schema:
                resource.anchors.setdefault(name[1:], schema)
            return
        for keyword in ("$anchor", "$dynamicAnchor"):
            if keyword in resource.dialect.keywords and isinstance(schema.get(keyword), str):
                resource.anchors.setdefault(schema[keyword], schema)
        if "$dynamicAnchor" in resource.dialect.keywords and isinstance(schema.get("$dynamicAnchor"), str):
            resource.dynamic.setdefault(schema["$dynamicAnchor"], schema)
        if "$recursiveAnchor" in resource.dialect.keywords and schema.get("$recursiveAnchor") is True:
            resource.dynamic.setdefault("", schema)


def _joined(base: str, reference: str) -> str:
    if not base or not reference:
        return reference or base
    from urllib.parse import urljoin  # 5 ms that hardly any schema needs

    return urljoin(base, reference)


def _unquoted(fragment: str) -> str:
    if "%" not in fragment:
        return fragment
    from urllib.parse import unquote

    return unquote(fragment)
