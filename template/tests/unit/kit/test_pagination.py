"""Pages and search patterns."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.utils.pagination import Page, escape_like, offset


@pytest.mark.parametrize(
    ("total", "pages"), [(0, 0), (1, 1), (20, 1), (21, 2), (40, 2), (41, 3)]
)
def test_a_partial_page_is_counted(total: int, pages: int) -> None:
    assert Page([], 20, page=1, total=total).total_pages == pages


@given(st.integers(0, 500), st.integers(1, 100))
def test_pages_cover_every_item_once(total: int, limit: int) -> None:
    pages = Page([], limit, page=1, total=total).total_pages or 0
    starts = [offset(page, limit) for page in range(1, pages + 1)]
    items = [i for s in starts for i in range(s, min(s + limit, total))]
    assert items == list(range(total))


@given(st.text())
def test_an_escaped_text_has_no_wildcards(text: str) -> None:
    escaped = escape_like(text)
    assert not re.search(r"[%_]", re.sub(r"\\.", "", escaped, flags=re.DOTALL))
    assert re.sub(r"\\(.)", r"\1", escaped, flags=re.DOTALL) == text
