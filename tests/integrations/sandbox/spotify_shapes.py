"""The shapes of Spotify's Web API and accounts service, after its public reference: what a twin's answer must look
like. Written by hand as JSON schemas."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
YES_NO: Schema = {"type": "boolean"}
LINK: Schema = {"type": "string", "pattern": "^https?://"}
ID: Schema = {"type": "string", "pattern": "^[0-9A-Za-z]{22}$"}


def null_or(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def only(*values: object) -> Schema:
    return {"enum": list(values)}


def shape(**fields: Schema) -> Schema:
    """An object with these fields and no others; `name__maybe` may be absent."""
    return {
        "type": "object",
        "properties": {name.removesuffix("__maybe"): schema for name, schema in fields.items()},
        "required": [name for name in fields if not name.endswith("__maybe")],
        "additionalProperties": False,
    }


def addressed(kind: str, **fields: Schema) -> Schema:
    """An object that has an id and an address of its own."""
    return shape(
        external_urls=shape(spotify=LINK),
        href=LINK,
        id=ID,
        type=only(kind),
        uri={"type": "string", "pattern": f"^spotify:{kind}:[0-9A-Za-z]{{22}}$"},
        **fields,
    )


def page_of(schema: Schema) -> Schema:
    return shape(
        href=LINK,
        items=list_of(schema),
        limit=WHOLE,
        next=null_or(LINK),
        offset=WHOLE,
        previous=null_or(LINK),
        total=WHOLE,
    )


IMAGE = shape(url=LINK, width=null_or(WHOLE), height=null_or(WHOLE))
ARTIST = addressed("artist", name=TEXT)
ALBUM = addressed(
    "album",
    album_type=only("album", "single", "compilation"),
    artists=list_of(ARTIST),
    available_markets__maybe=list_of(TEXT),
    images=list_of(IMAGE),
    name=TEXT,
    release_date={"type": "string", "pattern": r"^\d{4}(-\d\d(-\d\d)?)?$"},
    release_date_precision=only("year", "month", "day"),
    total_tracks=WHOLE,
)
TRACK = addressed(
    "track",
    album=ALBUM,
    artists=list_of(ARTIST),
    available_markets__maybe=list_of(TEXT),
    disc_number=WHOLE,
    duration_ms=WHOLE,
    explicit=YES_NO,
    external_ids=shape(isrc__maybe={"type": "string", "pattern": "^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$"}),
    is_local=only(False),
    is_playable__maybe=YES_NO,
    linked_from__maybe=addressed("track"),
    name=TEXT,
    popularity__maybe=WHOLE,
    preview_url=null_or(LINK),
    track_number=WHOLE,
)
_NAMELESS: Schema = {"properties": {"id": {"type": "null"}, "href": {"type": "null"}}, "required": ["id", "href"]}
LOCAL_FILE: Schema = {
    "type": "object",
    "properties": {
        **{name: {} for name in TRACK["properties"]},
        "album": _NAMELESS,
        "artists": list_of(_NAMELESS),
        "id": {"type": "null"},
        "is_local": only(True),
        "uri": {"type": "string", "pattern": "^spotify:local:"},
    },
    "required": TRACK["required"],
    "additionalProperties": False,
}
EPISODE = addressed(
    "episode",
    description=TEXT,
    duration_ms=WHOLE,
    explicit=YES_NO,
    images=list_of(IMAGE),
    is_externally_hosted=YES_NO,
    is_playable=YES_NO,
    languages=list_of(TEXT),
    name=TEXT,
    release_date=TEXT,
    release_date_precision=only("year", "month", "day"),
)

USER = shape(external_urls=shape(spotify=LINK), href=LINK, id=TEXT, type=only("user"), uri=TEXT)
PLAYLIST_LINE = shape(
    added_at=null_or({"type": "string", "pattern": r"Z$"}),
    added_by=USER,
    is_local=YES_NO,
    item=null_or({"anyOf": [TRACK, LOCAL_FILE, EPISODE]}),
    primary_color=null_or(TEXT),
    track__maybe=null_or({"anyOf": [TRACK, LOCAL_FILE, EPISODE]}),
    video_thumbnail=shape(url=null_or(LINK)),
)
PLAYLIST_ITEMS = page_of(PLAYLIST_LINE)
PLAYLIST = addressed(
    "playlist",
    collaborative=YES_NO,
    description=null_or(TEXT),
    images=list_of(IMAGE),
    items__maybe=PLAYLIST_ITEMS,
    name=TEXT,
    owner=shape(display_name=null_or(TEXT), **USER["properties"]),
    primary_color=null_or(TEXT),
    public=null_or(YES_NO),
    snapshot_id=TEXT,
)

SAVED_TRACKS = page_of(shape(added_at={"type": "string", "pattern": r"Z$"}, track=null_or(TRACK)))
FOUND_TRACKS = shape(tracks=page_of(TRACK))
CURRENTLY_PLAYING = shape(
    actions=shape(disallows={"type": "object", "additionalProperties": YES_NO}),
    context=null_or({"type": "object"}),
    currently_playing_type=only("track", "episode", "ad", "unknown"),
    is_playing=YES_NO,
    item={"anyOf": [TRACK, LOCAL_FILE, EPISODE, {"type": "null"}]},
    progress_ms=null_or(WHOLE),
    timestamp=WHOLE,
)
ME = shape(
    display_name=null_or(TEXT),
    external_urls=shape(spotify=LINK),
    href=LINK,
    id=TEXT,
    images=list_of(IMAGE),
    type=only("user"),
    uri=TEXT,
)
ERROR = shape(error=shape(status=WHOLE, message=TEXT))
TOKEN = shape(access_token=TEXT, token_type=only("Bearer"), expires_in=WHOLE, scope=TEXT, refresh_token__maybe=TEXT)
TOKEN_ERROR = shape(error=TEXT, error_description=TEXT)
