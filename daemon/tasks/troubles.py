"""What is the matter with outside services, as far as it needs the person. Pure; see `daemon.tasks.causes`."""

from __future__ import annotations

from collections.abc import Iterator

from daemon.ledger.services import Parked
from daemon.tasks.concern import Seen
from daemon.tasks.facts import Facts

_HOUR_S = 3600.0
_WAITS_BORNE = 3
"""A service that asks for patience once more after so many waits needs somebody's attention."""
_CALLED = {
    "agent-tasks": "Agent-Tasks",
    "issues": "Issues+Questions",
    "soundcloud": "SoundCloud",
    "youtube": "YouTube",
    "acoustid": "AcoustID",
}
_START_AGAIN = "in the .env, and start the daemon again."
_LOG_IN = {
    "spotify": "Run `cratekeeper login spotify` on the machine that the daemon runs on.",
    "notion": f"Copy the integration's token from notion.so/my-integrations to NOTION_TOKEN {_START_AGAIN}",
    "soundcloud": f"Copy a fresh token to SOUNDCLOUD_OAUTH_TOKEN {_START_AGAIN}",
    "youtube": "Export fresh cookies of a signed-in browser to the file that YTDLP_COOKIES_FILE names.",
    "eagle": f"Copy the token from Eagle's settings (Developer) to EAGLE_TOKEN {_START_AGAIN}",
    "acoustid": f"Copy the key of your application at acoustid.org to ACOUSTID_API_KEY {_START_AGAIN}",
}
_LET_IN = {
    "notion": "In Notion, share the databases with the integration (••• → Connections), with the right to read, "
    "insert and update content; and check TRACKS_DB_ID and AGENT_TASKS_DB_ID in the .env.",
    "agent-tasks": "In Notion, share that database with the integration (••• → Connections); and check "
    "AGENT_TASKS_DB_ID in the .env.",
    "issues": "In Notion, share that database with the integration (••• → Connections); and check ISSUES_DB_ID in the "
    ".env.",
    "eagle": "Open the library that EAGLE_LIBRARY_PATH names in Eagle.",
}


def logins(facts: Facts) -> Iterator[Seen]:
    """401 at Notion stops all writing; what shuts out one source leaves the others."""
    for one in facts.services:
        if one.kind == "login":
            name = called(one.name)
            yield Seen(
                of=one.name,
                title="Log in to Spotify again" if one.name == "spotify" else f"The log-in at {name} is over",
                severity="Critical" if one.name == "notion" else None,
                happened=f"{_reason(one)} {name} is left alone until then; everything else goes on.",
                todo=_LOG_IN.get(one.name, f"See `cratekeeper doctor` for what {name} wants."),
                gone=f"{name} answers again.",
            )
        if one.kind == "barred":
            name = called(one.name)
            yield Seen(
                of=one.name,
                title=f"Access to {name} is denied",
                happened=f"{_reason(one)} Nothing is written there until then; it is kept, and written later.",
                todo=_LET_IN.get(one.name, f"See `cratekeeper doctor` for what {name} wants."),
                gone=f"{name} lets us in again.",
            )


def consent(facts: Facts) -> Iterator[Seen]:
    """Before it has ended: afterwards it is a log-in that is over."""
    is_over = any(one.name == "spotify" and one.kind == "login" for one in facts.services)
    if facts.consent is not None and not is_over:
        yield Seen(
            of=f"spotify/{facts.host_id}",  # each machine has a log-in of its own
            host_id=facts.host_id,
            title="The Spotify log-in ends soon",
            happened=facts.consent,
            todo=_LOG_IN["spotify"],
            gone="The Spotify log-in was renewed.",
        )


def rates(facts: Facts) -> Iterator[Seen]:
    """Waiting once is nothing that anybody has to know."""
    for one in facts.services:
        is_on = one.not_before is None or facts.now < one.not_before + _HOUR_S
        if one.kind == "rate" and one.times > _WAITS_BORNE and is_on:
            name, setting = called(one.name), "NOTION_REQUESTS_PER_S" if one.name == "notion" else "SYNC_INTERVAL_S"
            change = "a smaller" if one.name == "notion" else "a larger"
            yield Seen(
                of=one.name,
                title=f"Waiting for {name} does not end",
                happened=f"After {_WAITS_BORNE} waits it asks for patience still. {_reason(one)}",
                todo="Nothing is lost, and it goes on by itself. If it lasts: see whether another program uses the "
                f"same account, and give {setting} in the .env {change} number.",
                gone=f"{name} answers again.",
            )


def eagle(facts: Facts) -> Iterator[Seen]:
    """It is a program on a desk: that it is closed for the night is nothing."""
    for one in facts.services:
        if one.name == "eagle" and one.kind == "wait" and facts.for_eagle:
            yield Seen(
                of=facts.host_id,
                host_id=facts.host_id,
                title="Eagle is out of reach",
                happened=f"{_reason(one)} Tracks have waited for it for more than a day.",
                todo="Start Eagle with the library of EAGLE_LIBRARY_PATH; or clear EAGLE_API_BASE in the .env, and "
                "start the daemon again.",
                gone="Eagle answers again, or nothing waits for it any more.",
            )


def called(service: str) -> str:
    """What people call it."""
    return _CALLED.get(service, service.capitalize())


def _reason(parked: Parked) -> str:
    """Without what we were about to do: that is another thing each time."""
    before, colon, reason = parked.reason.partition(": ")
    return reason if colon and before.startswith("Could not ") else parked.reason
