"""A page that only this machine reaches, and how a page is started."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import app
from editor.errors import OptionError
from editor.ui.address import Address, is_home
from editor.ui.environment import hide_socks_proxies
from editor.ui.limits import Limits, chosen_limits
from editor.ui.logins import Logins, add_user
from editor.ui.serving import ENDS, public_link, said_at_start
from editor.ui.start_options import make_parser
from tests.conftest import write_tiny_pack
from tests.ui.driver import serving, until
from tests.ui.inprocess import served_tiny
from tests.ui.stranger import API, Stranger

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[str]:
    with served_tiny(tmp_path_factory.mktemp("home"), Limits.at_home()) as where:
        yield where


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "192.168.0.9", "127.0.0.1.evil.example", ""),
        *("[::1].evil.com", "[localhost]", "localhost:evil.com"),
    ],
)
def test_at_home_it_answers_to_home_names_only(home: str, host: str) -> None:
    port = home.rpartition(":")[2]
    answer = httpx.get(home, headers={"host": f"{host}:{port}"}, trust_env=False)
    assert answer.status_code == 403
    assert "--shared" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
def test_home_names(home: str, host: str) -> None:
    port = home.rpartition(":")[2]
    answer = httpx.get(home, headers={"host": f"{host}:{port}"}, trust_env=False)
    assert answer.status_code == 200


def _address(*given: str) -> Address:
    return Address.chosen(make_parser().parse_args(list(given)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--port", "80000"], "outside 0…65535"),
        (["--port", "-1"], "outside 0…65535"),
        (["--host", "no.such.host.invalid"], "is not known here"),
        (["--host", "a..b"], "is not known here"),
        (["--host", "8.8.8.8"], "cannot be used"),
        (["--root-path", "editor"], "begin with /"),
        (["--certfile", "x.pem"], "given together"),
        (["--certfile", "x.pem", "--keyfile", "y.pem"], "no certificate"),
        (["--trusted-proxy", "proxy"], "takes addresses"),
        (["--max-jobs", "0"], "--max-jobs 0"),
        (["--file-hours", "nan"], "--file-hours nan"),
        (["--auth", "/not/there"], "cannot be read"),
        (["--domain", "../x"], "was not found"),
        (["--device", "toaster"], "toaster"),
        (["--root", "/not/there"], "was not found in /not/there"),
        (["--add-user", "ann"], "--auth FILE"),
        (["--files", "/proc/x"], "no folder for the page's files"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.main(["--port", "0", "--domain", "faces64", *given]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert app.main(["--port", str(other.getsockname()[1])]) == 1
    assert "try --port 0" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]"])
def test_hosts_of_this_machine(host: str) -> None:
    address = _address("--host", host, "--port", "0")
    assert not address.shared
    try:
        listening = address.listen()
    except OptionError:
        assert ":" in host  # a machine without IPv6
        return
    port = listening.getsockname()[1]
    listening.close()
    name = "[::1]" if ":" in host else host
    assert address.url(port) == f"http://{name}:{port}"


@pytest.mark.parametrize(
    "given", [["--shared"], ["--share"], ["--host", "0.0.0.0"], ["--host", "192.168.1.2"]]
)
def test_what_others_reach_is_shared(given: list[str]) -> None:
    assert _address(*given).shared
    limits = chosen_limits(make_parser().parse_args([*given, "--quota-mb", "7"]), True)
    assert limits == Limits(quota_mb=7)


def test_at_home_limits_are_wide() -> None:
    args = make_parser().parse_args([])
    assert chosen_limits(args, False) == Limits.at_home()
    assert Limits.at_home().file_hours == 7 * 24
    assert not _address().shared
    assert is_home("127.0.0.2")
    assert not is_home("0.0.0.0")


def test_help_shows_every_limit(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        app.main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    for name in Limits.__dataclass_fields__:
        assert f"--{name.replace('_', '-')} N" in text
        assert f"(default: {getattr(Limits(), name)})" in text


def test_what_is_public_is_said() -> None:
    (where,) = said_at_start(Address(), 7860, logins=False)
    assert where == "The page is served on http://127.0.0.1:7860"
    told = said_at_start(Address(shared=True, share=True), 7860, logins=False)
    assert len(told) == 2
    assert "Everybody who reaches this address" in told[1]
    assert len(said_at_start(Address(shared=True, share=True), 7860, logins=True)) == 1


def test_without_internet_the_page_is_served_here() -> None:
    def tunnel(_port: int) -> str:
        raise RuntimeError("Could not get share link from Gradio API Server.")

    assert "No public link could be made" in public_link(7860, tunnel)
    assert (
        public_link(7860, lambda port: f"https://x{port}")
        == "Public link, for a week: https://x7860"
    )


@pytest.mark.parametrize(
    "proxies",
    [
        {"ALL_PROXY": "socks5://127.0.0.1:9"},
        {"all_proxy": "socks5h://127.0.0.1:9", "HTTPS_PROXY": "socks4://127.0.0.1:9"},
        {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"},
    ],
)
def test_a_proxy_in_the_environment(proxies: dict[str, str]) -> None:
    code = "import app, sys; sys.exit(app.main(['--port', '0', '--root', '/not/there']))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | proxies,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in run.stderr
    assert "no domain pack was found" in run.stderr  # as far as Gradio's import and further


def test_socks_proxies_are_hidden_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert hide_socks_proxies() == ["ALL_PROXY"]
    assert "ALL_PROXY" not in os.environ
    assert os.environ["HTTP_PROXY"] == "http://127.0.0.1:9"


def test_users_and_their_passwords(tmp_path: Path) -> None:
    path = tmp_path / "users"
    add_user(path, "ann", "correct horse")
    add_user(path, "ben", "battery staple")
    add_user(path, "ann", "another one")
    text = path.read_text()
    assert "another" not in text
    assert path.stat().st_mode & 0o777 == 0o600
    logins = Logins(path)
    assert logins("ann", "another one")
    assert logins("ben", "battery staple")
    for name, password in (("ann", "correct horse"), ("eve", ""), ("", ""), ("ben", "x\ud800")):
        assert not logins(name, password)


@pytest.mark.parametrize(
    ("name", "password"), [("a:b", "long enough"), ("", "x" * 9), ("ann", "short")]
)
def test_users_that_cannot_be(tmp_path: Path, name: str, password: str) -> None:
    with pytest.raises(OptionError):
        add_user(tmp_path / "users", name, password)
    assert not (tmp_path / "users").exists()


@pytest.mark.parametrize("text", ["", "# nobody\n", "ann:password\n", "ann:scrypt:00:00\n", "\xff"])
def test_files_of_users_that_cannot_be(tmp_path: Path, text: str) -> None:
    (tmp_path / "users").write_bytes(text.encode("latin-1"))
    with pytest.raises(OptionError):
        Logins(tmp_path / "users")


def test_a_page_with_a_password(tmp_path: Path) -> None:
    add_user(tmp_path / "users", "ann", "correct horse")
    logins = Logins(tmp_path / "users")
    with served_tiny(tmp_path, Limits(), shared=True, logins=logins) as url:
        client = Stranger.client(url)
        client.get("/")
        assert client.get("/config").status_code == 401
        wrong = {"username": "ann", "password": "wrong"}
        assert client.post("/login", data=wrong).status_code == 400
        right = {"username": "ann", "password": "correct horse"}
        assert client.post("/login", data=right).status_code == 200
        assert client.get("/config").status_code == 200
        answers = [client.post("/login", data=wrong).status_code for _ in range(15)]
        assert answers[0] == 400
        assert answers[-1] == 429


def test_where_people_log_in_nobody_else_asks_for_pictures(tmp_path: Path) -> None:
    add_user(tmp_path / "users", "ann", "correct horse")
    logins = Logins(tmp_path / "users")
    asked = {"data": {"picture": "p1", "moves": [{}]}, "fn_name": "live"}
    with served_tiny(tmp_path, Limits(), shared=True, logins=logins) as url:
        ann, other = Stranger.client(url), Stranger.client(url)
        for client in (ann, other):
            client.get("/")
        ann.post("/login", data={"username": "ann", "password": "correct horse"})
        shown = ann.get("/config").json()["components"]
        (number,) = (one["id"] for one in shown if one["props"].get("elem_id") == "stage")
        asked["component_id"] = number
        where = "/gradio_api/component_server/"
        assert ann.post(where, json=asked | {"session_hash": "ann"}).json()["after"]
        assert other.post(where, json=asked | {"session_hash": "other"}).status_code == 401


def test_one_client_makes_so_many_requests_a_second(tmp_path: Path) -> None:
    limits = Limits(requests_client=2)
    with served_tiny(tmp_path, limits, shared=True) as url:
        client = Stranger.client(url)
        answers = [client.get("/robots.txt") for _ in range(30)]
        assert answers[0].status_code != 429
        assert answers[-1].status_code == 429
        assert "wait a moment" in answers[-1].text
        assert until(lambda: client.get("/robots.txt").status_code != 429)


def test_a_page_over_https(tmp_path: Path) -> None:
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout k -out c"
    )
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    pair = {"certfile": tmp_path / "c", "keyfile": tmp_path / "k"}
    with served_tiny(tmp_path, Limits.at_home(), **pair) as url:
        assert url.startswith("https://")
        visitor = Stranger(url, verify=False)
        assert visitor.call("header-bar", "undo")["success"]
        answer = httpx.get(url, verify=False, trust_env=False)
        assert "Secure" in answer.headers["set-cookie"]


def test_behind_a_proxy_that_adds_a_prefix(tmp_path: Path) -> None:
    """The proxy strips the prefix; the page's addresses have it."""
    options = {"shared": True, "root_path": "/editor", "trusted": ("127.0.0.1",)}
    with served_tiny(tmp_path, Limits(), **options) as url:
        headers = {
            "host": "127.0.0.1",
            "x-forwarded-host": "pictures.example",
            "x-forwarded-proto": "https",
            "x-forwarded-for": "9.9.9.9",
            "origin": "https://pictures.example",
        }
        visitor = Stranger(url.removesuffix("/editor"), headers=headers)
        assert visitor.config["root"].endswith("/editor")
        visitor.http.cookies.jar.clear()  # they are for https; send them by hand
        given = httpx.get(url.removesuffix("/editor"), headers=headers, trust_env=False)
        visitor.http.headers["cookie"] = given.headers["set-cookie"].partition(";")[0]
        assert visitor.call("header-bar", "undo")["success"]


def _listens(visitor: Stranger) -> None:
    """A page that is open: its connection lives until the server ends it."""
    with contextlib.suppress(httpx.HTTPError):
        visitor.http.get(f"{API}/heartbeat/{visitor.session}", timeout=60)


@pytest.mark.parametrize("number", ENDS)
def test_what_visitors_gave_goes_when_the_app_stops(tmp_path: Path, number: int) -> None:
    root = tmp_path / "root"
    write_tiny_pack(root)
    options = ("--files", str(tmp_path / "files"))
    with serving(root, tmp_path / "log.txt", options=options) as (url, process):
        visitor = Stranger(url)
        given = Path(visitor.given("a.png", b"data")["path"])
        assert given.read_bytes() == b"data"
        threading.Thread(target=_listens, args=(visitor,), daemon=True).start()
        for index in range(3000):
            (given.parent / f"{index}.png").touch()
        process.send_signal(number)
        for _ in range(40):  # an impatient owner
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)
            process.send_signal(number)  # nothing, once it has ended
        process.wait(timeout=20)
    assert not given.exists()
    assert not list((tmp_path / "files").glob("run-*"))
