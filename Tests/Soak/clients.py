"""Who is connected while the program soaks: desks, wallboards, readers that never read, and a receiver of records."""

import http.server
import json
import selectors
import socket
import threading
import time

RETRY_SECONDS = 2
# So long a reader that never reads is kept before another takes its place; the gateway may have closed it sooner.
SILENT_SECONDS = 60


class Crowd(threading.Thread):
    """Desks that acknowledge their pops, boards that read, and readers that do not. Whoever is closed comes back."""

    def __init__(self, agents, token, boards, silent):
        super().__init__(daemon=True)
        # None until the gateway's ports are known: {"desks": 1, "wallboards": 2}.
        self.ports = None
        self.token, self.silent = token, silent
        self.pops = self.lines = self.closed = 0
        self.ending = False
        self._selector = selectors.DefaultSelector()
        # When each may try again; the agent of a desk, None of a board.
        self._missing = [(0.0, agent) for agent in list(agents) + [None] * boards]
        self._mute, self._muted_at = [], 0.0

    def run(self):
        while not self.ending:
            if self.ports:
                self._come_back()
                self._stay_mute()
            for key, _ in self._selector.select(timeout=0.5):
                self._read(key)

    def _connect(self, agent):
        client = socket.create_connection(("127.0.0.1", self.ports["desks" if agent else "wallboards"]), timeout=2)
        if agent:
            hello = {"type": "hello", "token": self.token, "agent": agent, "version": 1}
            client.sendall(json.dumps(hello).encode() + b"\n")
        return client

    def _come_back(self):
        now, later = time.monotonic(), []
        for at, agent in self._missing:
            try:
                if at > now:
                    raise BlockingIOError
                client = self._connect(agent)
                client.setblocking(False)
                self._selector.register(client, selectors.EVENT_READ, {"agent": agent, "rest": b""})
            except OSError:
                later.append((max(at, now + RETRY_SECONDS) if at <= now else at, agent))
        self._missing = later

    def _stay_mute(self):
        if time.monotonic() - self._muted_at < SILENT_SECONDS:
            return
        for client in self._mute:
            client.close()
        self._mute, self._muted_at = [], time.monotonic()
        try:
            self._mute = [self._connect(None) for _ in range(self.silent)]
        except OSError:
            pass

    def _read(self, key):
        client, state = key.fileobj, key.data
        try:
            bytes_read = client.recv(262144)
        except BlockingIOError:
            return
        except OSError:
            bytes_read = b""
        if not bytes_read:
            self.closed += 1
            self._selector.unregister(client)
            client.close()
            self._missing.append((time.monotonic() + RETRY_SECONDS, state["agent"]))
            return
        if not state["agent"]:
            self.lines += bytes_read.count(b"\n")
            return
        *lines, state["rest"] = (state["rest"] + bytes_read).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "popId" in message:
                self.pops += 1
                answer = {"type": "pop.ack", "popId": message["popId"], "revision": message["revision"]}
                try:
                    client.send(json.dumps(answer).encode() + b"\n")
                except OSError:
                    pass


class _Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A gateway that is killed resets its connections."""


class Receiver:
    """A receiver of records that can be taken away and put back at the same address."""

    def __init__(self):
        self.ids, self.repeated = set(), 0
        self.port = 0
        self._server = None
        self.open()

    def open(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.note(self.headers.get("webhook-id", ""))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = _Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def note(self, identifier):
        self.repeated += identifier in self.ids
        self.ids.add(identifier)
