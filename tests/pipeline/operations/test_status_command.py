"""The command that shows the status, and the server of the page."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from exporters.registry import exports
from pipeline.operations.status import NOTHING, OK, REJECTED, main
from pipeline.operations.status_server import StatusServer
from tests.support.status_pages import LAST, documents_of, publish_season
from transforms.status_page.page import CONTENT_TYPE, PAGE_PATH, page
from transforms.stores.folder import LocalStore

SECRET = b"not for anybody"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A published folder, with secrets beside it and a link to them in it."""
    root = tmp_path / "out"
    publish_season(LocalStore(str(root)), 9)
    (tmp_path / "secret.json").write_bytes(SECRET)
    (tmp_path / "out-control").mkdir()
    (tmp_path / "out-control" / "secret.json").write_bytes(SECRET)
    (root / ".secret.json").write_bytes(SECRET)
    (root / "link.json").symlink_to(tmp_path / "secret.json")
    (root / "linked").symlink_to(tmp_path / "out-control")
    return root


class TestTable:
    def test_a_line_a_date_and_below_it_what_is_wrong(self, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([f"--output={tree}", "--most=3"]) == OK
        head, *lines = capsys.readouterr().out.splitlines()
        assert head.split()[:5] == ["date", "state", "games", "types", "documents"]
        assert [line.split()[:2] for line in lines] == [
            [str(LAST), "published"],
            ["2026-04-11", "partial"],
            ["withheld:", "predictions"],
            ["2026-04-10", "partial"],
            ["partial:", "tonight-players"],
        ]
        types, documents = len(exports()), documents_of(LAST)
        told = ["6", f"{types}/{types}", f"{documents}", "40", f"{documents / 40:.1f}", "2026-04-12T22:30"]
        assert lines[0].split()[2:] == told

    def test_json_is_the_whole_calendar(self, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([f"--output={tree}", "--json"]) == OK
        assert orjson.loads(capsys.readouterr().out) == orjson.loads((tree / "status" / "data.json").read_bytes())

    @pytest.mark.parametrize("content", [None, b"{", b'{"version": 1}'])
    def test_a_tree_without_a_status_is_named(
        self, tree: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
    ) -> None:
        (tree / "status" / "data.json").unlink()
        if content is not None:
            (tree / "status" / "data.json").write_bytes(content)
        assert main([f"--output={tree}"]) == NOTHING
        assert "data.json" in (told := capsys.readouterr().err)
        assert "export any date" in told

    @pytest.mark.parametrize(
        ("more", "told"),
        [
            (["--output=gs://my-bucket/v1", "--serve"], "--output"),
            (["--output=/no/such/folder"], "--output"),
            (["--output=/no/such/folder", "--serve"], "--output"),
            (["--port=8000"], "--port"),
            (["--serve", "--port=70000"], "--port"),
            (["--most=0"], "--most"),
        ],
    )
    def test_rejected(self, tree: Path, capsys: pytest.CaptureFixture[str], more: list[str], told: str) -> None:
        where = [] if more[0].startswith("--output") else [f"--output={tree}"]
        assert main([*where, *more]) == REJECTED
        assert told in capsys.readouterr().err

    def test_a_port_that_is_taken_is_named(self, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            assert main([f"--output={tree}", "--serve", f"--port={taken.getsockname()[1]}"]) == REJECTED
        assert "is taken" in capsys.readouterr().err

    def test_a_folder_without_a_page_is_not_served(self, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tree / PAGE_PATH).unlink()
        assert main([f"--output={tree}", "--serve"]) == NOTHING
        assert "index.html is missing" in capsys.readouterr().err


@pytest.fixture
def server(tree: Path) -> Iterator[StatusServer]:
    with StatusServer(tree) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def ask(
    server: StatusServer, target: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """Send a request whose path is not changed on the way."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest(method, target, skip_host=True)
    for name, value in {"Host": f"127.0.0.1:{server.port}", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


class TestServer:
    def test_the_page_and_its_data_are_there(self, server: StatusServer) -> None:
        answer, content = ask(server, f"/{PAGE_PATH}")
        assert (answer.status, answer.headers["Content-Type"], content) == (200, CONTENT_TYPE, page())
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer, content = ask(server, "/status/data.json")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        assert str(LAST) in orjson.loads(content)["dates"]

    def test_a_head_request_has_no_content(self, server: StatusServer) -> None:
        answer, content = ask(server, f"/{PAGE_PATH}", "HEAD")
        assert (answer.status, answer.headers["Content-Length"], content) == (200, str(len(page())), b"")

    def test_a_copied_file_has_the_type_of_its_name(self, server: StatusServer, tree: Path) -> None:
        for path, kind in ((PAGE_PATH, CONTENT_TYPE), ("status/data.json", "application/json")):
            content = (tree / path).read_bytes()
            (tree / path).unlink()
            (tree / path).write_bytes(content)
            assert ask(server, f"/{path}")[0].headers["Content-Type"] == kind

    @pytest.mark.parametrize("target", ["/", "/status", "/status/"])
    def test_folders_lead_to_the_page(self, server: StatusServer, target: str) -> None:
        answer, _ = ask(server, target)
        assert (answer.status, answer.headers["Location"]) == (302, "/status/index.html")

    @pytest.mark.parametrize(
        "target",
        [
            "/../secret.json",
            "/status/../../secret.json",
            "/%2e%2e/secret.json",
            "/..%2fsecret.json",
            "/%2e%2e%2fout-control/secret.json",
            "/status/..%2f..%2fsecret.json",
            "/..%5csecret.json",
            "/status/%00/../../secret.json",
            "//secret.json",
            "/.secret.json",
            "/%2esecret.json",
            "/link.json",
            "/linked/secret.json",
            "/.store/x",
            "/%ff",
            "http://127.0.0.1/../secret.json",
            "//etc/passwd",
            "/%2fetc/passwd",
        ],
    )
    def test_nothing_outside_of_the_folder_is_reached(self, server: StatusServer, target: str, tree: Path) -> None:
        for path in (target, target.replace("secret.json", str(tree.parent / "secret.json").lstrip("/"))):
            answer, content = ask(server, path)
            assert answer.status in (404, 302), path
            assert SECRET not in content
            assert b"root:" not in content

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "127.0.0.1", "127.0.0.1.evil.example"])
    def test_another_name_of_this_machine_is_refused(self, server: StatusServer, host: str) -> None:
        answer, content = ask(server, "/status/data.json", Host=host)
        assert answer.status == 421
        assert str(LAST).encode() not in content

    def test_this_machine_may_be_called_localhost(self, server: StatusServer) -> None:
        assert ask(server, "/status/data.json", Host=f"localhost:{server.port}")[0].status == 200

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_nothing_is_changed(self, server: StatusServer, method: str) -> None:
        assert ask(server, "/status/data.json", method)[0].status == 501

    def test_it_is_bound_to_this_machine_and_to_a_free_port(self, server: StatusServer) -> None:
        assert server.server_address[0] == "127.0.0.1"
        assert server.port > 0
        assert server.url == f"http://127.0.0.1:{server.port}/status/index.html"
