"""Teams and trees against charts drawn by hand and against a second way to compute them."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.platform.reporting_line import Chart, Post, loops, superior, team, under


def key(n: int) -> UUID:
    return UUID(int=n)


# Departments: 1 the company, 2 sales under it, 3 key accounts under sales, 4 warehouse under the company.
PARENTS = {key(1): None, key(2): key(1), key(3): key(2), key(4): key(1)}
POSTS = {
    key(11): Post(key(1), manages=True),
    key(21): Post(key(2), manages=True),
    key(22): Post(key(2)),
    key(31): Post(key(3)),
    key(41): Post(key(4)),
    key(42): Post(key(4), reports_to_id=key(22)),
}
HOLDERS = {
    key(11): frozenset({key(101)}),
    key(21): frozenset({key(102)}),
    key(22): frozenset({key(103), key(104)}),
    key(31): frozenset({key(105)}),
    key(41): frozenset({key(106)}),
    key(42): frozenset({key(107)}),
}
CHART = Chart(PARENTS, POSTS, HOLDERS)


def test_departments_under() -> None:
    assert under(CHART, key(2)) == {key(2), key(3)}
    assert under(CHART, key(4)) == {key(4)}
    assert under(CHART, key(99)) == {key(99)}


def test_superiors() -> None:
    assert superior(CHART, key(22)) == key(21)  # the head of its department
    assert superior(CHART, key(21)) == key(11)  # a head: the head above
    assert superior(CHART, key(31)) == key(21)  # a department without head: the next above
    assert superior(CHART, key(42)) == key(22)  # the one it names, though in another department
    assert superior(CHART, key(11)) is None


def test_teams() -> None:
    assert team(CHART, key(102)) == {key(n) for n in (102, 103, 104, 105, 107)}
    assert team(CHART, key(103)) == {key(103), key(107)}
    assert team(CHART, key(106)) == {key(106)}
    assert team(CHART, key(101)) == {key(n) for n in range(101, 108)}
    assert team(CHART, key(999)) == {key(999)}


def test_a_deputy_in_the_same_post_is_not_in_the_team() -> None:
    assert key(104) not in team(CHART, key(103))


def test_loops() -> None:
    circle = {key(1): Post(key(1), reports_to_id=key(2)), key(2): Post(key(1), reports_to_id=key(1))}
    assert loops(Chart({key(1): None}, circle), key(1))
    assert not loops(CHART, key(42))
    assert loops(Chart({key(1): None}, {key(1): Post(key(1), reports_to_id=key(1))}), key(1))


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    size = draw(st.integers(1, 6))
    parents = {key(n): key(draw(st.integers(1, n - 1))) if n > 1 else None for n in range(1, size + 1)}
    posts = {}
    for n in range(draw(st.integers(1, 8))):
        named = draw(st.none() | st.integers(0, max(n - 1, 0)))
        posts[key(100 + n)] = Post(
            key(draw(st.integers(1, size))), draw(st.booleans()), key(100 + named) if named is not None and n else None
        )
    holders = {post: frozenset({key(1000 + draw(st.integers(0, 4)))}) for post in posts}
    return Chart(parents, posts, holders)


@given(charts(), st.integers(0, 4))
def test_a_team_is_what_climbing_finds(chart: Chart, person: int) -> None:
    """Everybody whose chain of superiors passes through a post of the person, found from below."""
    own = set(chart.posts_of(key(1000 + person)))
    expected = {key(1000 + person)}
    for post in chart.posts.keys() - own:
        at, passed = superior(chart, post), set[UUID]()
        while at is not None and at not in passed:
            passed.add(at)
            at = superior(chart, at)
        if passed & own:
            expected |= chart.users_in([post])
    assert team(chart, key(1000 + person)) == expected


@given(charts())
def test_a_department_is_under_all_its_ancestors(chart: Chart) -> None:
    for department, parent in chart.parents.items():
        if parent is not None:
            assert under(chart, department) < under(chart, parent)
