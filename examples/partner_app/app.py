"""A partner app for Hanse in one file, standard library only: it lets itself be installed, reads orders, writes one,
and believes a webhook only with a good signature. Start: CLIENT_ID=… CLIENT_SECRET=… WEBHOOK_SECRET=… python app.py

  GET  /install?portal=https://acme.hanse.example   sends the administrator to the company's consent page
  GET  /callback                                     comes back with a code, which becomes tokens
  GET  /orders?portal=…                              the newest orders
  POST /copy?portal=…                                writes a draft like the newest order
  POST /webhook                                      takes events
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

CLIENT_ID, CLIENT_SECRET = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]
WEBHOOK_SECRET, PORT = os.environ["WEBHOOK_SECRET"], int(os.environ.get("PORT", "8808"))
HERE = os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{PORT}")
SCOPES = "sales:read sales:write"
TOLERANCE_SECONDS = 300
dances, tokens, seen = {}, {}, set()  # state -> dance, portal -> tokens, event ids; a real app keeps them in a database


def call(method, url, body=None, **headers):
    """(status, JSON) of a request. On a developer's machine every *.localhost is this machine."""
    parts = urlsplit(url)
    host = "127.0.0.1" if parts.hostname.endswith(".localhost") else parts.hostname
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(host, parts.port, timeout=20)
    try:
        line.request(method, f"{parts.path}?{parts.query}".rstrip("?"), body, {"Host": parts.netloc, **headers})
        answer = line.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    finally:
        line.close()


def ask_tokens(server, **form):
    """Tokens from the token endpoint; the secret goes into the header, never into an address."""
    basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}
    status, found = call("POST", server["token_endpoint"], urlencode(form), **kind)
    if status != 200:
        raise PermissionError(found.get("error", status))
    return {**found, "server": server}


def api(portal, method, path, value=None):
    """The company's data; an access token that has run out is renewed once."""
    for attempt in (1, 2):
        held = tokens[portal]
        headers = {"Authorization": f"Bearer {held['access_token']}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": secrets.token_hex(16)} if method == "POST" else {}
        status, found = call(method, f"{portal}/api/v1{path}", value and json.dumps(value), **headers)
        if status == 401 and attempt == 1:
            form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
            tokens[portal] = ask_tokens(held["server"], **form)
        elif status >= 400:
            raise PermissionError(found.get("detail", status))
        else:
            return found


def install(portal):
    """Where the administrator is sent: the company's own server says where, PKCE and state bind the answer to us."""
    _, server = call("GET", f"{portal}/.well-known/oauth-authorization-server")
    if server["issuer"] != portal:
        raise PermissionError("this is not the server it says it is")
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    dances[state] = (server, verifier)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"response_type": "code", "client_id": CLIENT_ID, "redirect_uri": f"{HERE}/callback", "scope": SCOPES,
             "state": state, "code_challenge": challenge, "code_challenge_method": "S256"}  # fmt: skip
    return f"{server['authorization_endpoint']}?{urlencode(asked)}", state


def finish(query, cookie):
    """The code into tokens, if the answer belongs to this browser and comes from the server we asked."""
    if not hmac.compare_digest(query.get("state", "").encode(), cookie.encode()) or query["state"] not in dances:
        raise PermissionError("this answer belongs to another browser")
    server, verifier = dances.pop(query["state"])
    if query.get("iss") != server["issuer"]:
        raise PermissionError("another server answered")
    if "error" in query:
        raise PermissionError(query["error"])
    form = {"code": query["code"], "redirect_uri": f"{HERE}/callback", "code_verifier": verifier}
    tokens[server["issuer"]] = ask_tokens(server, grant_type="authorization_code", **form)
    return {"installed": server["issuer"]}


def copy_newest(portal):
    """A draft order like the newest one."""
    newest = api(portal, "GET", "/sales/orders?size=1&tab=all")["data"][0]["id"]
    order = api(portal, "GET", f"/sales/orders/{newest}")
    lines = [{"item_id": line["item_id"], "quantity": line["quantity"]} for line in order["lines"]]
    return api(portal, "POST", "/sales/orders", {"customer_id": order["customer_id"], "lines": lines})


def believed(headers, body):
    """Whether a webhook is signed by Hanse just now. One that comes again is taken again, and changes nothing."""
    at, event = headers.get("Hanse-Timestamp", ""), headers.get("Hanse-Event-Id", "")
    if not at.isdigit() or abs(time.time() - int(at)) > TOLERANCE_SECONDS:
        return False
    good = b"v1=" + hmac.digest(WEBHOOK_SECRET.encode(), f"{at}.".encode() + body, "sha256").hex().encode()
    if not any(hmac.compare_digest(good, one.encode()) for one in headers.get("Hanse-Signature", "").split(",")):
        return False
    seen.add(event)  # act on an event only when it is not yet here
    return True


class App(BaseHTTPRequestHandler):
    def do_GET(self):
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        extra = {"Content-Type": "application/json"}
        try:
            if parts.path == "/install":
                extra["Location"], state = install(query["portal"].rstrip("/"))
                extra["Set-Cookie"] = f"state={state}; HttpOnly; SameSite=Lax; Path=/callback"
                status, value = 303, {}
            elif parts.path == "/callback":
                status, value = 200, finish(query, self.headers.get("Cookie", "").partition("state=")[2][:100])
            elif parts.path == "/orders":
                status, value = 200, api(query["portal"], "GET", "/sales/orders?size=10&tab=all")
            elif parts.path == "/copy" and self.command == "POST":
                status, value = 201, copy_newest(query["portal"])
            elif parts.path == "/webhook" and self.command == "POST":
                status, value = (200, {}) if believed(self.headers, body) else (401, {})
            else:
                status, value = 404, {}
        except (PermissionError, KeyError) as error:
            status, value = 403, {"error": str(error)}
        self.send_response(status)
        for header in extra.items():
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    do_POST = do_GET


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", PORT), App).serve_forever()
