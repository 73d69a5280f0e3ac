#!/usr/bin/env python3
"""Records what a real Chromium says on the wire, as fixtures for the decoder's tests.

    tests/record/record.py [chromium]

Serves `page.html` and, for each scenario in it, a small lab on a port of its own; lets a headless Chromium play the
page; and writes the bytes of both directions, in the order in which the server saw and said them, to
`tests/fixtures/chromium/SCENARIO.jsonl`. One line is one read, one write or one end:

    {"conn": 1, "up": "GET / HTTP/1.1\\r\\n..."}     bytes, each as the character of that number
    {"conn": 1, "down": "HTTP/1.1 200 OK\\r\\n..."}
    {"conn": 1, "up_end": "fin"}                     or "rst"; likewise "down_end"

A connection that the browser opened and never used has nothing but its end. Standard library only.
"""

import asyncio
import base64
import hashlib
import json
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "chromium"
CORS = b"Access-Control-Allow-Origin: *\r\n"
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync"]


class Scenario:
    """One port, its connections and its log."""

    def __init__(self):
        self.log, self.conns, self.died, self.held = [], 0, set(), asyncio.Event()
        self.tasks = set()

    def write_down(self, conn, what, value):
        self.log.append({"conn": conn, what: value})

    async def connection(self, reader, writer):
        self.conns += 1
        line = Line(self, self.conns, reader, writer)
        task = asyncio.current_task()
        self.tasks.add(task)
        try:
            while await self.request(line):
                pass
            line.end("fin")
        except (ConnectionError, asyncio.IncompleteReadError):
            line.end("fin")
        finally:
            self.tasks.discard(task)

    async def request(self, line):
        """Answers one request; whether another may follow."""
        head = await line.until(b"\r\n\r\n")
        if head is None:
            return False
        method, target = re.match(rb"(\S+) (\S+) HTTP/1\.1\r\n", head).groups()
        fields = {name.lower(): value for name, value in re.findall(rb"\r\n([^:\r]+): *([^\r]*)", head)}
        if length := int(fields.get(b"content-length", 0)):
            await line.exactly(length)
        path = target.split(b"?")[0].rsplit(b"/", 1)[1].decode()
        query = dict(re.findall(rb"(\w+)=(\w+)", target))
        handler = getattr(self, path, self.poll)
        return await handler(line, method, query, fields)

    async def poll(self, line, method, query, fields):
        if wait := int(query.get(b"wait", 0)):
            self.held.set()
            # A browser that goes away ends the wait.
            gone = asyncio.ensure_future(line.until(b"\r\n\r\n"))
            done, _ = await asyncio.wait([gone], timeout=wait / 1000)
            if done:
                return False
            gone.cancel()
            await asyncio.wait([gone])
        body = b'{"seqs":[]}'
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n" + CORS
        head += b"Content-Length: %d\r\n\r\n" % len(body)
        line.say(head if method == b"HEAD" else head + body)
        return True

    async def seen(self, line, *rest):
        await self.held.wait()
        return await self.poll(line, *rest)

    async def job(self, line, *_):
        line.say(b"HTTP/1.1 204 No Content\r\n" + CORS + b"\r\n")
        return True

    async def chunked(self, line, *_):
        line.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n" + CORS + b"\r\n")
        for chunk in (b"5\r\nhello\r\n", b"A;x=y\r\n, lifeline\r\n", b"0\r\n\r\n"):
            line.say(chunk)
            await asyncio.sleep(0.02)
        return True

    async def old(self, line, *_):
        line.say(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n" + CORS + b"\r\nuntil the end")
        return False

    async def board(self, line, method, query, fields):
        if fields.get(b"if-none-match") == b'"v7"':
            line.say(b'HTTP/1.1 304 Not Modified\r\nETag: "v7"\r\nCache-Control: no-cache\r\n' + CORS + b"\r\n")
        else:
            body = b'{"version":7}'
            line.say(b'HTTP/1.1 200 OK\r\nETag: "v7"\r\nCache-Control: no-cache\r\nContent-Type: application/json\r\n'
                     + CORS + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return True

    async def events(self, line, method, query, fields):
        line.say(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n" + CORS
                 + b"Transfer-Encoding: chunked\r\n\r\n")
        first = b"last-event-id" not in fields
        stream = [b"retry: 50\n\n: hello\n\n", b"id: 1\ndata: a\n\nid: 2\nda", b"ta: b\n\n"] if first else [
            b"event: last\nid: 3\ndata: c\ndata: d\n\n"]
        for piece in stream:
            line.say(b"%x\r\n%s\r\n" % (len(piece), piece))
            await asyncio.sleep(0.02)
        if first:
            line.say(b"0\r\n\r\n")
            return True
        return await line.until(b"\r\n\r\n") is not None

    async def ws(self, line, method, query, fields):
        accept = hashlib.sha1(fields[b"sec-websocket-key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        line.say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Accept: " + base64.b64encode(accept) + b"\r\n\r\n")
        line.say(b"\x89\x04beat")
        while True:
            head = await line.exactly(2)
            length = head[1] & 127
            if length >= 126:
                length = int.from_bytes(await line.exactly(2 if length == 126 else 8), "big")
            mask = await line.exactly(4)
            payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(await line.exactly(length)))
            opcode = head[0] & 15
            if opcode == 8:
                line.say(bytes([0x88, length]) + payload)
                return False
            if opcode in (1, 2):
                # Echoed in two fragments, with a ping between them: the browser sees one message.
                cut = len(payload) // 2
                line.say(self.frame(opcode, payload[:cut]) + b"\x89\x00" + self.frame(0x80, payload[cut:]))

    @staticmethod
    def frame(first, payload):
        length = len(payload)
        size = bytes([length]) if length < 126 else b"\x7e" + length.to_bytes(2, "big")
        return bytes([first]) + size + payload

    async def dies(self, line, method, query, fields):
        if query[b"n"] in self.died:
            return await self.poll(line, method, query, fields)
        self.died.add(query[b"n"])
        line.end("rst")
        return False


class Line:
    """One connection: reads and writes, and writes both down."""

    def __init__(self, scenario, conn, reader, writer):
        self.scenario, self.conn, self.reader, self.writer = scenario, conn, reader, writer
        self.ahead, self.open = b"", {"up", "down"}

    async def more(self):
        try:
            piece = await self.reader.read(65536)
            how = "fin"
        except ConnectionError:
            piece, how = b"", "rst"
        if piece:
            self.scenario.write_down(self.conn, "up", piece.decode("latin-1"))
            self.ahead += piece
        elif "up" in self.open:
            self.open.discard("up")
            self.scenario.write_down(self.conn, "up_end", how)
        return bool(piece)

    async def until(self, mark):
        while mark not in self.ahead:
            if not await self.more():
                return None
        found, _, self.ahead = self.ahead.partition(mark)
        return found + mark

    async def exactly(self, count):
        while len(self.ahead) < count:
            if not await self.more():
                raise ConnectionResetError
        found, self.ahead = self.ahead[:count], self.ahead[count:]
        return found

    def say(self, data):
        self.scenario.write_down(self.conn, "down", data.decode("latin-1"))
        self.writer.write(data)

    def end(self, how):
        if "down" in self.open:
            self.open.discard("down")
            self.scenario.write_down(self.conn, "down_end", how)
            if how == "rst":
                self.writer.transport.abort()
            else:
                self.writer.close()


async def main(chromium):
    page = (HERE / "page.html").read_text()
    names = re.findall(r"async (\w+)\(\)", page)
    scenarios = {name: Scenario() for name in names}
    servers = {name: await asyncio.start_server(scenario.connection, "127.0.0.1", 0)
               for name, scenario in scenarios.items()}
    port = lambda server: server.sockets[0].getsockname()[1]
    origins = {name: f"http://127.0.0.1:{port(server)}" for name, server in servers.items()}
    page = page.replace("/*ORIGINS*/{}", json.dumps(origins)).encode()
    done = asyncio.get_running_loop().create_future()

    async def site(reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            # A spare connection that was never used.
            return writer.close()
        body = b""
        if head.startswith(b"POST /done"):
            length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
            told = (await reader.readexactly(length)).decode()
            if not done.done():
                done.set_result(told)
        elif head.startswith(b"GET / "):
            body = page
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                     % len(body) + body)
        writer.close()

    server = await asyncio.start_server(site, "127.0.0.1", 0)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = await asyncio.create_subprocess_exec(
            chromium, *CHROMIUM, f"--user-data-dir={profile}", f"http://127.0.0.1:{port(server)}/",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        try:
            failed = await asyncio.wait_for(done, 60)
        finally:
            browser.terminate()
            await browser.wait()
    # The browser's last ends.
    await asyncio.sleep(0.2)
    if failed:
        sys.exit(failed)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for name, scenario in scenarios.items():
        lines = (json.dumps(line, ensure_ascii=True) for line in scenario.log)
        (FIXTURES / f"{name}.jsonl").write_text("".join(line + "\n" for line in lines))
        print(f"{name}: {scenario.conns} connections, {len(scenario.log)} lines")
        for task in scenario.tasks:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "chromium"))
