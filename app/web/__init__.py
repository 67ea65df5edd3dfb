"""The web door: pages and forms over what the registry declares. It knows no module and holds no business rule.

`app` has the routes, `visits` turns a request into a visit, `pages` and `submit` are the resource pages;
`lists`, `documents`, `editing`, `reports`, `overviews`, `setup` build screens (`screens`, `widgets`) that the
templates print.
"""
