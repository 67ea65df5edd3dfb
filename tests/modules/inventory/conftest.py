"""Assertions of the worlds in this folder tell what differs."""

import pytest

pytest.register_assert_rewrite("tests.modules.inventory.actions.costing_world")
