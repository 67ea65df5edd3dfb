"""An identity provider that does as it is told, rightly or wrongly: the attacks of `docs/security/sign-on.md`.

It serves discovery, keys, tokens and userinfo over HTTP on loopback. Left alone it is a correct provider, so that each
test changes one thing and nothing else explains the refusal.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "hanse-at-acme"
SECRET = "a secret : with + odd % letters"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Grant:
    """A code that was issued."""

    claims: dict[str, Any]
    challenge: str
    redirect_uri: str
    used: bool = False


@dataclass
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class EvilProvider:
    """Set an attribute to change one thing; `reset()` makes it good again."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
        self.other_key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(b"")

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

            def answer(self, body: bytes) -> None:
                found = provider.serve(self.path, dict(self.headers), body)
                self.send_response(found.status)
                for name, value in found.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(found.body)))
                self.end_headers()
                self.wfile.write(found.body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.reset()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def reset(self) -> None:
        self.grants: dict[str, Grant] = {}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.metadata: dict[str, Any] = {}
        """Changes of the discovery document; None takes an entry away."""
        self.paths: dict[str, Answer] = {}
        """Whole answers instead of ours."""
        self.claims: dict[str, Any] = {}
        """Changes of the ID token."""
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.userinfo: dict[str, Any] = {}
        self.userinfo_only = False

    # -- what it serves

    def document(self) -> dict[str, Any]:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/end",
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "backchannel_logout_supported": True,
            **self.metadata,
        }
        return {name: value for name, value in document.items() if value is not None}

    def serve(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        at = urlsplit(path).path
        self.asked.append(at)
        if at in self.paths:
            return self.paths[at]
        if at == "/.well-known/openid-configuration":
            return self.json(self.document())
        if at == "/jwks":
            return self.json({"keys": [self.key.as_dict(private=False)]})
        if at == "/token":
            return self.token(headers, parse_qs(body.decode()))
        if at == "/userinfo":
            claims = self.tokens.get(headers.get("Authorization", "").removeprefix("Bearer "))
            return self.json({**claims, **self.userinfo}) if claims else Answer(401, b"{}")
        return Answer(404, b"{}")

    def json(self, value: Any, status: int = 200) -> Answer:
        return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    # -- what a person does there

    def authorize(self, url: str, **claims: Any) -> str:
        """Sign somebody in: the address the browser is sent back to. `claims` are the person's."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert asked["response_type"] == "code"
        code = secrets.token_urlsafe(16)
        person = {"sub": "u-1", "email": "mara@acme.example", "email_verified": True, "name": "Mara Holm", **claims}
        person = {"nonce": asked["nonce"], "sid": f"s-{code}", **person}
        self.grants[code] = Grant(person, asked["code_challenge"], asked["redirect_uri"])
        answer = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def token(self, headers: Mapping[str, str], form: Mapping[str, list[str]]) -> Answer:
        expected = base64.b64encode(f"{quote(CLIENT_ID, safe='')}:{quote(SECRET, safe='')}".encode()).decode()
        given = {name: values[0] for name, values in form.items()}
        header = headers.get("Authorization", "")
        posted = given.get("client_id") == CLIENT_ID and unquote(given.get("client_secret", "")) == unquote(SECRET)
        if header != f"Basic {expected}" and not posted:
            return self.json({"error": "invalid_client"}, 401)
        grant = self.grants.get(given.get("code", ""))
        challenge = b64(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if grant is None or grant.used or grant.challenge != challenge or grant.redirect_uri != given["redirect_uri"]:
            return self.json({"error": "invalid_grant"}, 400)
        grant.used = True
        access = secrets.token_urlsafe(16)
        self.tokens[access] = {name: value for name, value in grant.claims.items() if name not in ("nonce", "sid")}
        now = int(time.time())
        token = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, **grant.claims, **self.claims}
        if self.userinfo_only:
            token = {name: value for name, value in token.items() if not name.startswith("email")}
        token = {name: value for name, value in token.items() if value is not None}
        return self.json({"access_token": access, "token_type": "Bearer", "id_token": self.sign(token)})

    # -- ways to sign

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode({"alg": "RS256", "kid": "k1", **header}, claims, self.key, algorithms=["RS256"])

    def unsigned(self, claims: dict[str, Any]) -> str:
        return f"{b64(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{b64(json.dumps(claims).encode())}."

    def by_public_key(self, claims: dict[str, Any]) -> str:
        """HS256 with the text of the public key as the shared secret."""
        import hmac

        head = b64(json.dumps({"alg": "HS256", "kid": "k1"}).encode())
        signing = f"{head}.{b64(json.dumps(claims).encode())}"
        secret = self.key.as_pem(private=False)
        return f"{signing}.{b64(hmac.new(secret, signing.encode(), 'sha256').digest())}"

    def by_other_key(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode({"alg": "RS256", "kid": "k1", **header}, claims, self.other_key, algorithms=["RS256"])

    def logout_token(self, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_urlsafe(8),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            "sub": "u-1",
            **changes,
        }
        return self.sign({name: value for name, value in claims.items() if value is not None})
