"""The head of a request, rewritten."""

from hypothesis import given
from hypothesis import strategies as st

from app.kit.http.request_head import Headers, take_host, without_upgrade

URLS = st.text("abc/?=", max_size=20).map(lambda text: b"/" + text.encode())
HOSTS = st.builds(
    lambda name, port: f"{name}{port}".encode(),
    st.text("abc", min_size=1, max_size=9),
    st.just("") | st.integers(0, 65535).map(":{}".format),
)


@given(url=URLS, names=st.lists(st.sampled_from([b"host", b"upgrade", b"x"])))
def test_a_head_is_repeated_without_the_offer(url: bytes, names: list[bytes]) -> None:
    headers = [(name, b"value") for name in names]
    line, *lines, end, nothing = without_upgrade(b"GET", url, "1.1", headers).split(
        b"\r\n"
    )
    assert line == b"GET %b HTTP/1.1" % url
    assert lines == [b"%b: value" % name for name in names if name != b"upgrade"]
    assert end == nothing == b""


@given(host=HOSTS, url=URLS)
def test_an_absolute_url_becomes_a_host_and_a_path(host: bytes, url: bytes) -> None:
    headers: Headers = [(b"x", b"1"), (b"host", b"other")]
    assert take_host(b"http://" + host + url, headers) == url
    assert headers == [(b"host", host), (b"x", b"1")]
    assert take_host(url, headers) == url


@given(host=HOSTS)
def test_an_absolute_url_without_a_path_is_that_of_the_root(host: bytes) -> None:
    assert take_host(b"http://" + host, []) == b"/"
    assert take_host(b"http://" + host + b"?q", []) == b"/?q"
