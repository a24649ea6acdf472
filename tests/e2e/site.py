"""A web site on loopback that answers as told: at once, never, or with whatever was sent to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

_PATIENCE = 45.0


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: str = "fine"
    headers: tuple[tuple[str, str], ...] = ()


class _Server(ThreadingHTTPServer):
    request_queue_size = 1024  # the default of 5 turns healthy targets into failing ones


Answering = Callable[[Asked], Answer]


class Site:
    """answers: by path without its query, what to say; 404 otherwise. Paths in `hung` are never answered."""

    def __init__(self) -> None:
        self.answers: dict[str, Answering] = {"/": lambda _: Answer()}
        self.hung: set[str] = set()
        self.asked: list[Asked] = []
        self._news = threading.Condition()
        self._closing = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site._serve(self)

            do_POST = do_HEAD = do_GET  # noqa: N815 - the names that http.server looks for

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        asked = Asked(handler.command, handler.path, {k.lower(): v for k, v in handler.headers.items()})
        with self._news:
            self.asked.append(asked)
            self._news.notify_all()
        path = handler.path.partition("?")[0]
        handler.close_connection = True
        if path in self.hung:
            self._closing.wait()
            return
        answer = self.answers[path](asked) if path in self.answers else Answer(404, "nothing here")
        body = answer.body.encode()
        try:
            handler.send_response(answer.status)
            for name, value in answer.headers:
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except ConnectionError:
            pass

    def wait_for(self, path: str, count: int = 1) -> None:
        """Wait until that path was asked for that many times."""
        end = monotonic() + _PATIENCE
        with self._news:
            while sum(asked.path.partition("?")[0] == path for asked in self.asked) < count:
                left = end - monotonic()
                assert left > 0, f"nobody asked for {path}: {[asked.path for asked in self.asked]}"
                self._news.wait(left)

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
