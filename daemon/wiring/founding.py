"""`cratekeeper init notion`, put together from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from daemon.errors import ConfigError, Problem
from daemon.founding import SETTING_OF, Founder
from daemon.settings import Settings


@contextmanager
def open_founding(settings: Settings) -> Iterator[Founder]:
    """Who looks and makes; closed behind you. Raises ConfigError while there is no token."""
    if settings.notion_token is None:
        what = "is not set. Make an integration at notion.so/profile/integrations, and write its token here."
        raise ConfigError([Problem("NOTION_TOKEN", what)])
    from integrations.notion import NotionEdge
    from integrations.notion.founding import Founding

    token, timeout_s = settings.notion_token.get_secret_value(), settings.source_timeout_s
    with NotionEdge(token, base_url=settings.notion_base_url, timeout_s=timeout_s) as edge:
        yield Founding(edge, ids_in(settings))


def ids_in(settings: Settings) -> dict[str, str | None]:
    """The databases that are set, by our title of them."""
    return {kind: getattr(settings, setting.lower()) for kind, setting in SETTING_OF.items()}
