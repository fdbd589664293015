"""SIP user agents: many telephones, or a trunk, on one UDP socket. Standard library only.

The signalling is real SIP. The media is RTP silence for some seconds of each call (without any, Asterisk neither joins
Local channels nor returns from Answer() at once) and RFC 4733 digits. Retransmission is left out: nothing is lost on
loopback.
"""
import asyncio
import random
import re
import socket
import struct
import time

VOICE_SECONDS = 3.0
PACKET_SECONDS = 0.02
# How long an ended call still answers late requests, in seconds.
LINGER_SECONDS = 6

_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type", "r": "refer-to"}


def parameters(header):
    return {name.lower(): value for name, value in re.findall(r";\s*([^=;>]+)(?:=([^;>]*))?", header)}


class Message:
    """A SIP request (`method`) or response (`code`)."""

    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").split("\r\n")
        self.headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                name = name.strip().lower()
                self.headers.append((_COMPACT.get(name, name), value.strip()))
        start = lines[0].split(" ", 2)
        is_response = start[0] == "SIP/2.0"
        self.code = int(start[1]) if is_response else None
        self.method, self.uri = (None, None) if is_response else start[:2]

    def get(self, name):
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def tag(self, name):
        return parameters(self.get(name).split(">")[-1]).get("tag")

    @property
    def sequence(self):
        number, method = self.get("cseq").split()[:2]
        return int(number), method


class Call:
    """One dialog. `state`: new, calling, ringing, cancelling, up, ended; `times`: the begin of each (seconds since 1970)."""

    def __init__(self, agent, is_outgoing, user):
        self.agent, self.is_outgoing, self.user = agent, is_outgoing, user
        self.state = "new"
        self.times = {}
        self.holds = []
        self.local_tag, self.remote_tag = "%08x" % random.getrandbits(32), None
        # The tag of a call that only rings: a transfer may name it, a CANCEL must not.
        self.early_tag = None
        self.number = random.randint(1, 900)
        self.identifier = self.target = self.invitation = self.branch = self.media = None
        self.code = None
        self._changes = []
        self._version = 1
        self._direction = "sendrecv"
        self._source, self._packet, self._clock = random.getrandbits(32), random.getrandbits(15), random.getrandbits(20)
        self._voice = None

    # ── states ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def enter(self, state):
        if state == "up" and self.state != "up":
            self._voice = asyncio.get_running_loop().create_task(self.speak(VOICE_SECONDS))
        self.state = state
        self.times.setdefault(state, time.time())
        for future in self._changes:
            if not future.done():
                future.set_result(None)
        self._changes.clear()

    def end(self, code=None):
        if self.state == "ended":
            return
        self.code = code
        if self._voice:
            self._voice.cancel()
        self.enter("ended")
        asyncio.get_running_loop().call_later(LINGER_SECONDS, lambda: self.agent.calls.pop((self.identifier, self.local_tag), None))

    async def reach(self, state, seconds=30):
        """Waits until the call is in this state; fails at its end or after the time."""
        deadline = time.monotonic() + seconds
        while self.state != state:
            left = deadline - time.monotonic()
            if left <= 0 or self.state == "ended":
                raise TimeoutError("the call of %s is %s and never %s" % (self.user, self.state, state))
            future = asyncio.get_running_loop().create_future()
            self._changes.append(future)
            try:
                await asyncio.wait_for(future, left)
            except asyncio.TimeoutError:
                pass

    # ── messages out ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _contact(self):
        return "<sip:%s@%s:5060>" % (re.sub(r"[^A-Za-z0-9+*]", "", self.user) or "anonymous", self.agent.address)

    def request(self, method, more="", body="", number=None, branch=None):
        if number is None:
            self.number += 1
            number = self.number
        branch = branch or "z9hG4bK%012x" % random.getrandbits(48)
        lines = [
            "%s %s SIP/2.0" % (method, self.target),
            "Via: SIP/2.0/UDP %s:5060;branch=%s" % (self.agent.address, branch),
            "Max-Forwards: 70",
            "From: %s;tag=%s" % (self.local, self.local_tag),
            "To: " + self.remote + (";tag=" + self.remote_tag if self.remote_tag else ""),
            "Call-ID: " + self.identifier,
            "CSeq: %d %s" % (number, method),
            "Contact: " + self._contact,
            "Allow: INVITE,ACK,BYE,CANCEL,OPTIONS,REFER,NOTIFY,UPDATE",
        ]
        lines += [more] if more else []
        lines += ["Content-Type: application/sdp"] if body else []
        self.agent.send("\r\n".join(lines) + "\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        return branch

    def reply(self, request, code, reason, body="", contact=None):
        to = request.get("to")
        if code > 100 and "tag=" not in to.split(">")[-1]:
            to += ";tag=" + self.local_tag
        lines = ["SIP/2.0 %d %s" % (code, reason)] + ["Via: " + via for via in request.all("via")]
        lines += ["From: " + request.get("from"), "To: " + to, "Call-ID: " + request.get("call-id"), "CSeq: " + request.get("cseq")]
        lines += ["Contact: " + (contact or self._contact)]
        lines += ["Content-Type: application/sdp"] if body else []
        self.agent.send("\r\n".join(lines) + "\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def offer(self, direction=None):
        self._direction = direction or self._direction
        self._version += 1
        address = self.agent.address
        return "\r\n".join(
            ["v=0", "o=- 1 %d IN IP4 %s" % (self._version, address), "s=-", "c=IN IP4 " + address, "t=0 0",
             "m=audio %d RTP/AVP 0 101" % self.agent.media_port, "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000",
             "a=fmtp:101 0-16", "a=ptime:20", "a=" + self._direction, ""])

    def take_offer(self, body):
        text = body.decode("utf-8", "replace")
        address, port = re.search(r"c=IN IP4 (\S+)", text), re.search(r"m=audio (\d+)", text)
        if address and port:
            self.media = (address.group(1), int(port.group(1)))
        return next((each for each in ("sendonly", "recvonly", "inactive") if "a=" + each in text), "sendrecv")

    # ── what a person does ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def ring(self):
        if self.state == "new":
            self.reply(self.invitation, 180, "Ringing")
            self.enter("ringing")

    def answer(self):
        if self.state in ("new", "ringing"):
            self.reply(self.invitation, 200, "OK", self.offer("sendrecv"))
            self.enter("up")

    def reject(self, code=486):
        if self.state in ("new", "ringing"):
            self.reply(self.invitation, code, "Busy Here")
            self.end(code)

    def send_on(self, to):
        """Answers as a telephone that its user has forwarded."""
        if self.state in ("new", "ringing"):
            self.reply(self.invitation, 302, "Moved Temporarily", contact="<sip:%s@%s:5060>" % (to, self.agent.switch))
            self.end(302)

    def hang_up(self):
        if self.state == "up":
            self.request("BYE")
            self.end()
        elif not self.is_outgoing:
            self.reject()
        elif self.state in ("calling", "ringing"):
            # The number and the branch of the INVITE that it cancels, without a tag: RFC 3261, 9.1.
            self.request("CANCEL", number=self.number, branch=self.branch)
            self.enter("cancelling")

    async def hold(self, seconds):
        """Puts the other side on hold for this long."""
        self.start_hold()
        began = time.time()
        await asyncio.sleep(seconds)
        if self.state == "up":
            self.end_hold()
        self.holds.append(time.time() - began)

    def start_hold(self):
        self.request("INVITE", body=self.offer("sendonly"))

    def end_hold(self):
        self.request("INVITE", body=self.offer("sendrecv"))

    def refer(self, to, replaces=None):
        """Transfers the other side: blind, or attended to the far end of the call `replaces`."""
        uri = "sip:%s@%s:5060" % (to, self.agent.switch)
        if replaces:
            dialogue = "%s;to-tag=%s;from-tag=%s" % (replaces.identifier, replaces.remote_tag or replaces.early_tag, replaces.local_tag)
            uri += "?Replaces=" + dialogue.replace("@", "%40").replace(";", "%3B").replace("=", "%3D")
        self.request("REFER", "Refer-To: <%s>\r\nReferred-By: <sip:%s@%s>" % (uri, self.user, self.agent.address))

    # ── media ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _packet_out(self, kind, payload, marker=0, clock=None):
        self._packet = (self._packet + 1) & 0xFFFF
        clock = (self._clock if clock is None else clock) & 0xFFFFFFFF
        if self.media:
            self.agent.media.sendto(struct.pack("!BBHII", 0x80, kind | marker << 7, self._packet, clock, self._source) + payload, self.media)

    async def speak(self, seconds):
        for _ in range(int(seconds / PACKET_SECONDS)):
            self._packet_out(0, b"\xff" * 160)
            self._clock += 160
            await asyncio.sleep(PACKET_SECONDS)

    async def press(self, digits, gap=0.2):
        for digit in digits:
            event, clock = "0123456789*#ABCD".index(digit), self._clock
            for step in range(1, 7):
                self._packet_out(101, struct.pack("!BBH", event, 10, step * 160), marker=step == 1, clock=clock)
                await asyncio.sleep(PACKET_SECONDS)
            for _ in range(3):
                self._packet_out(101, struct.pack("!BBH", event, 0x8A, 7 * 160), clock=clock)
            self._clock += 8 * 160
            await self.speak(gap)

    def facts(self):
        """What this side saw, independently of the switch."""
        return {"user": self.user, "outgoing": self.is_outgoing, "times": self.times, "holds": self.holds, "code": self.code}


class UserAgent(asyncio.DatagramProtocol):
    """Telephones, or a trunk, at one address. `on_call` is asked what to do with each incoming call."""

    def __init__(self, address, switch, on_call):
        self.address, self.switch, self.on_call = address, switch, on_call
        self.calls = {}
        self.history = []

    async def open(self):
        signalling = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        signalling.bind((self.address, 5060))
        self.transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=signalling)
        # Nobody reads what comes back: a small buffer that overflows.
        self.media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.media.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.media.bind((self.address, 0))
        self.media.setblocking(False)
        self.media_port = self.media.getsockname()[1]

    def close(self):
        self.transport.close()
        self.media.close()

    def send(self, text):
        self.transport.sendto(text.encode(), (self.switch, 5060))

    def _add(self, call):
        self.calls[(call.identifier, call.local_tag)] = call
        self.history.append(call)

    def call(self, user, number, name=None):
        call = Call(self, True, user)
        call.identifier = "%016x@%s" % (random.getrandbits(64), self.address)
        call.target = "sip:%s@%s:5060" % (number, self.switch)
        call.local = ('"%s" ' % name if name else "") + "<sip:%s@%s>" % (user, self.address)
        call.remote = "<sip:%s@%s>" % (number, self.switch)
        self._add(call)
        call.number += 1
        call.branch = call.request("INVITE", body=call.offer(), number=call.number)
        call.enter("calling")
        return call

    # ── messages in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def datagram_received(self, data, _):
        if len(data) < 12:
            return  # a keep-alive
        message = Message(data)
        if message.code is not None:
            self._response(message)
        else:
            self._request(message)

    def _response(self, message):
        call = self.calls.get((message.get("call-id"), message.tag("from")))
        number, method = message.sequence
        if call is None or method != "INVITE":
            return
        is_open = call.state in ("calling", "ringing", "cancelling")
        if message.code in (180, 183):
            if call.state == "calling":
                call.early_tag = message.tag("to")
                call.enter("ringing")
        elif 200 <= message.code < 300:
            call.remote_tag = message.tag("to") or call.remote_tag
            contact = re.search(r"<([^>]+)>", message.get("contact"))
            call.target = contact.group(1) if contact else call.target
            if message.body:
                call.take_offer(message.body)
            call.request("ACK", number=number)
            if is_open:
                crossed = call.state == "cancelling"
                call.enter("up")
                if crossed:
                    call.hang_up()
        elif message.code >= 300:
            branch = parameters(message.get("via")).get("branch")
            remote_tag, call.remote_tag = call.remote_tag, message.tag("to")
            call.request("ACK", number=number, branch=branch)
            call.remote_tag = remote_tag
            if is_open:
                call.end(message.code)

    def _request(self, message):
        identifier, tag = message.get("call-id"), message.tag("to")
        incoming = [call for (each, _), call in self.calls.items() if each == identifier and not call.is_outgoing]
        if message.method == "INVITE" and not tag:
            return None if incoming else self._invitation(message)  # a retransmission is ignored
        if message.method == "CANCEL":
            for call in incoming:
                call.reply(message, 200, "OK")
                if call.state in ("new", "ringing"):
                    call.reply(call.invitation, 487, "Request Terminated")
                    call.end(487)
            return None
        if message.method == "ACK":
            return None
        call = self.calls.get((identifier, tag))
        if call is None:
            answer = (200, "OK") if message.method == "OPTIONS" else (481, "Call Does Not Exist")
            return Call(self, False, "nobody").reply(message, *answer)
        if message.method == "INVITE":
            theirs = call.take_offer(message.body) if message.body else "sendrecv"
            ours = {"sendonly": "recvonly", "inactive": "inactive"}.get(theirs, "sendrecv")
            return call.reply(message, 200, "OK", call.offer(ours))
        call.reply(message, 200, "OK")
        if message.method == "BYE":
            call.end()
        elif message.method == "NOTIFY" and message.body.startswith(b"SIP/2.0 2"):
            # A telephone whose transfer succeeded hangs up by itself; one whose transfer failed stays.
            asyncio.get_running_loop().call_later(0.05, call.hang_up)
        return None

    def _invitation(self, message):
        user = re.match(r"sips?:([^@]*)@", message.uri)
        call = Call(self, False, user.group(1) if user else "")
        call.invitation, call.identifier, call.remote_tag = message, message.get("call-id"), message.tag("from")
        contact = re.search(r"<([^>]+)>", message.get("contact"))
        call.target = contact.group(1) if contact else None
        call.local, call.remote = message.get("to"), re.sub(r";tag=[^;]*", "", message.get("from"))
        if message.body:
            call.take_offer(message.body)
        self._add(call)
        call.reply(message, 100, "Trying")
        call.enter("new")
        self.on_call(call)
