"""Spotify's accounts service: consent, codes, and tokens that end."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from integrations.sandbox.server import Request, Response

SCOPE = "playlist-read-collaborative playlist-read-private user-library-read user-read-currently-playing"
"""What our program asks for."""
_LIFE_S = 3600


@dataclass(frozen=True, slots=True)
class _Consent:
    """What a person has agreed to."""

    scope: str
    pkce: bool


@dataclass(frozen=True, slots=True)
class _Code:
    """What an authorization code stands for until it is redeemed, once."""

    consent: _Consent
    redirect_uri: str
    challenge: str


@dataclass(frozen=True, slots=True)
class _Access:
    """What an access token opens, and until when."""

    scope: str
    ends_at: float


class Accounts:
    """Who is logged in. Not thread-safe: the twin holds its lock around every call."""

    def __init__(self, client_id: str, client_secret: str, clock: Callable[[], float]) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.denies = False
        """Whether the person says no on the consent page."""
        self._clock = clock
        self._codes: dict[str, _Code] = {}
        self._refresh: dict[str, _Consent] = {}
        self._access: dict[str, _Access] = {}

    # --- for whoever sets the scene ----------------------------------------------------------------------------------

    def consent(self, refresh_token: str | None = None, *, scope: str = SCOPE, pkce: bool = False) -> str:
        """As though a person had logged in: the refresh token, which may be chosen so that it outlives a restart."""
        token = refresh_token or secrets.token_urlsafe(32)
        self._refresh[token] = _Consent(scope, pkce)
        return token

    def revoke(self) -> None:
        """Every log-in ends, as after six months: refreshing fails, access tokens run out by themselves."""
        self._refresh.clear()

    def forget_access(self) -> None:
        """Every access token is refused from now on, although its time is not over."""
        self._access.clear()

    # --- what the Web API asks ---------------------------------------------------------------------------------------

    def refusal(self, request: Request, scope: str) -> Response | None:
        """Why this request may not pass; None when it may."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not token:
            return api_error(401, "No token provided")
        access = self._access.get(token)
        if access is None:
            return api_error(401, "Invalid access token")
        if self._clock() >= access.ends_at:
            return api_error(401, "The access token expired")
        if scope and scope not in access.scope.split():
            return api_error(403, "Insufficient client scope")
        return None

    # --- the service itself ------------------------------------------------------------------------------------------

    def authorize(self, request: Request) -> Response:
        """The consent page, with a person who answers at once."""
        asked = request.query
        redirect_uri = asked.get("redirect_uri", "")
        if asked.get("client_id") != self.client_id:
            return _page(400, "INVALID_CLIENT: Invalid client")
        if not _is_safe(redirect_uri):
            return _page(400, "INVALID_CLIENT: Insecure redirect URI")
        if asked.get("response_type") != "code":
            return _page(400, "response_type must be code")
        answer = {"error": "access_denied"} if self.denies else {"code": self._new_code(asked, redirect_uri)}
        if "state" in asked:
            answer["state"] = asked["state"]
        return Response(302, b"", (("Location", f"{redirect_uri}?{urlencode(answer)}"),))

    def token(self, request: Request) -> Response:
        """`POST /api/token`."""
        form = request.form()
        client_id, client_secret = _client(request, form)
        if client_id != self.client_id:
            return _oauth_error("invalid_client", "Invalid client")
        if client_secret is not None and client_secret != self.client_secret:
            return _oauth_error("invalid_client", "Invalid client secret")
        grant = form.get("grant_type")
        if grant == "authorization_code":
            return self._redeem(form, has_secret=client_secret is not None)
        if grant == "refresh_token":
            return self._renew(form, has_secret=client_secret is not None)
        return _oauth_error("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")

    def _new_code(self, asked: Mapping[str, str], redirect_uri: str) -> str:
        code = secrets.token_urlsafe(32)
        challenge = asked.get("code_challenge", "")
        consent = _Consent(asked.get("scope", ""), pkce=bool(challenge))
        self._codes[code] = _Code(consent, redirect_uri, challenge)
        return code

    def _redeem(self, form: Mapping[str, str], *, has_secret: bool) -> Response:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None:
            return _oauth_error("invalid_grant", "Invalid authorization code")
        if form.get("redirect_uri") != code.redirect_uri:
            return _oauth_error("invalid_grant", "Invalid redirect URI")
        if code.challenge:
            if _challenge(form.get("code_verifier", "")) != code.challenge:
                return _oauth_error("invalid_grant", "code_verifier was incorrect")
        elif not has_secret:
            return _oauth_error("invalid_client", "Invalid client secret")
        return self._grant(code.consent, self.consent(scope=code.consent.scope, pkce=code.consent.pkce))

    def _renew(self, form: Mapping[str, str], *, has_secret: bool) -> Response:
        token = form.get("refresh_token", "")
        if not token:
            return _oauth_error("invalid_request", "refresh_token must be supplied")
        consent = self._refresh.get(token)
        if consent is None:
            return _oauth_error("invalid_grant", "Refresh token revoked")
        if not consent.pkce and not has_secret:
            return _oauth_error("invalid_client", "Invalid client secret")
        if not consent.pkce:
            return self._grant(consent, None)
        del self._refresh[token]  # with PKCE a refresh token is good for one use
        return self._grant(consent, self.consent(scope=consent.scope, pkce=True))

    def _grant(self, consent: _Consent, refresh_token: str | None) -> Response:
        token = secrets.token_urlsafe(48)
        self._access[token] = _Access(consent.scope, self._clock() + _LIFE_S)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": _LIFE_S, "scope": consent.scope}
        return Response.of_json(answer | ({"refresh_token": refresh_token} if refresh_token else {}))


def api_error(status: int, message: str) -> Response:
    """An error as the Web API words it."""
    return Response.of_json({"error": {"status": status, "message": message}}, status)


def _oauth_error(error: str, description: str) -> Response:
    """An error as the accounts service words it."""
    return Response.of_json({"error": error, "error_description": description}, 400)


def _page(status: int, text: str) -> Response:
    return Response(status, text.encode(), (("Content-Type", "text/plain"),))


def _is_safe(redirect_uri: str) -> bool:
    """Plain HTTP is allowed to a loopback address only, and `localhost` is none."""
    target = urlsplit(redirect_uri)
    return target.scheme == "https" or (target.scheme == "http" and target.hostname in ("127.0.0.1", "::1"))


def _client(request: Request, form: Mapping[str, str]) -> tuple[str, str | None]:
    """Client id and secret, by Basic authorization or by form."""
    kind, _, packed = request.headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return form.get("client_id", ""), form.get("client_secret")
    try:
        client_id, _, secret = base64.b64decode(packed).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", None
    return client_id, secret


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
