"""Who reports to whom, and which departments lie under which: pure functions over a company's chart.

A post reports to the one it names, else to the managing post of its department; a managing post to the
managing post of the nearest department above that has one. People are found through the posts they hold.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class Post:
    """A position: the department it belongs to, whether it manages that department, whom it names as superior."""

    department_id: UUID
    manages: bool = False
    reports_to_id: UUID | None = None


@dataclass(frozen=True)
class Chart:
    """Departments with their parents, posts, and who holds each post on one day."""

    parents: Mapping[UUID, UUID | None] = field(default_factory=dict)
    posts: Mapping[UUID, Post] = field(default_factory=dict)
    holders: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)
    """Post -> users."""

    def posts_of(self, user_id: UUID) -> list[UUID]:
        """The posts a user holds."""
        return [post for post, users in self.holders.items() if user_id in users]

    def users_in(self, posts: Iterable[UUID]) -> set[UUID]:
        """Everybody who holds one of the posts."""
        return {user for post in posts for user in self.holders.get(post, ())}


def under(chart: Chart, department_id: UUID) -> frozenset[UUID]:
    """The department and every one below it; the department alone where it has none or is not known."""
    children: dict[UUID, list[UUID]] = {}
    for child, parent in chart.parents.items():
        if parent is not None:
            children.setdefault(parent, []).append(child)
    return _reached([department_id], children)


def superior(chart: Chart, post_id: UUID) -> UUID | None:
    """The post that a post reports to; None at the top."""
    post = chart.posts[post_id]
    if post.reports_to_id is not None:
        return post.reports_to_id
    department: UUID | None = post.department_id
    passed: set[UUID] = set()
    while department is not None and department not in passed:
        passed.add(department)
        if not (post.manages and department == post.department_id):
            manager = _manager_of(chart, department)
            if manager is not None and manager != post_id:
                return manager
        department = chart.parents.get(department)
    return None


def team(chart: Chart, user_id: UUID) -> frozenset[UUID]:
    """The user and everybody who reports to them, directly or through others."""
    inferiors: dict[UUID, list[UUID]] = {}
    for post_id in chart.posts:
        above = superior(chart, post_id)
        if above is not None:
            inferiors.setdefault(above, []).append(post_id)
    own = chart.posts_of(user_id)
    return frozenset({user_id} | chart.users_in(_reached(own, inferiors) - set(own)))


def loops(chart: Chart, post_id: UUID) -> bool:
    """Whether a post comes to report to itself; one that is not in the chart (retired) does not."""
    if post_id not in chart.posts:
        return False
    at, passed = superior(chart, post_id), {post_id}
    while at is not None and at in chart.posts:
        if at in passed:
            return at == post_id
        passed.add(at)
        at = superior(chart, at)
    return False


def _manager_of(chart: Chart, department_id: UUID) -> UUID | None:
    """The managing post of a department, the oldest where there are several (ids rise with time)."""
    found = [key for key, post in chart.posts.items() if post.manages and post.department_id == department_id]
    return min(found, default=None)


def _reached(starts: Iterable[UUID], edges: Mapping[UUID, Iterable[UUID]]) -> frozenset[UUID]:
    """Everything reachable, the starts among it; a circle in the data ends the walk."""
    found, waiting = set[UUID](), list(starts)
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting.extend(edges.get(at, ()))
    return frozenset(found)
