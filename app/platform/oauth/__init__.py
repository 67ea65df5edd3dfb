"""The OAuth 2.1 authorization server: what partner apps may do in whose name.

A map of subjects:

    scopes       what may be asked for, derived from the registry
    apps         registrations and their secrets, one row for all tenants
    grants       consents with their codes and tokens: issue, redeem, refresh, revoke, find
    bearers      an access token into an actor: the grant, the tenant's installation and the user's rights, all three
    asked        a request with its tenant, and the reply     clients    apps and tokens as Authlib wants them
    narrowing    rules of the person and of the installation together
    server       Authlib's framework-free core over these: PKCE with S256 only, exact redirects, `iss`
    metadata     RFC 8414 and the published keys
    keys         the key that signs introspection answers
    usage        how often an app called what

`app.platform.app_installations` is the tenant's half. Decisions and their tests: `docs/security/oauth.md`.
"""
