#!/usr/bin/env python3
"""Makes first inputs for the fuzzers out of the recordings: python3 Tests/Fuzz/seeds.py Simulator/Traces OUT

OUT/AMI, OUT/Session and OUT/Switch; `make fuzz` and -merge=1 keep what of them is needed. A switch's story keeps only the messages and headers that
the gateway reads, with short channel names: a fuzzer that has less to read finds more.
"""
import glob
import gzip
import json
import os
import re
import sys

EVENTS = """Newchannel NewCallerid HangupRequest SoftHangupRequest Hangup BridgeEnter BridgeLeave Hold Unhold DialEnd BlindTransfer
AttendedTransfer QueueCallerJoin QueueCallerLeave QueueCallerAbandon AgentCalled AgentRingNoAnswer AgentConnect AgentComplete QueueMemberStatus
QueueMemberPause QueueMemberAdded QueueMemberRemoved UserEvent Shutdown FullyBooted Reload DialBegin NewConnectedLine LocalBridge
LocalOptimizationBegin LocalOptimizationEnd""".split()
HEADERS = """Event Channel CallerIDNum CallerIDName Context Exten Priority Uniqueid Linkedid BridgeUniqueid SwapUniqueid DestUniqueid DestChannel
DialStatus Queue Position Interface MemberName Status Paused PausedReason InCall Wrapuptime Result DestType TransfererUniqueid
OrigTransfererUniqueid SecondTransfererUniqueid UserEvent Coda Stato TransfereeUniqueid LocalOneUniqueid LocalTwoUniqueid""".split()
CALLER = "CallerIDNum CallerIDName".split()
PLACE = "Context Exten Priority".split()
# Events that report these; elsewhere they only make an input longer.
WITH_CALLER = "Newchannel NewCallerid QueueCallerJoin NewConnectedLine".split()
WITH_PLACE = "Newchannel HangupRequest SoftHangupRequest Hangup QueueCallerJoin QueueCallerLeave QueueCallerAbandon UserEvent".split()
LOGIN = (b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nActionID: @1\r\nChallenge: 840415273\r\n\r\n"
         b"Response: Success\r\nActionID: @2\r\nMessage: Authentication accepted\r\n\r\nEvent: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")


def inventory(number, rows):
    head = b"Response: Success\r\nActionID: @%d\r\nEventList: start\r\n\r\n" % number
    items = b"".join(b"Event: %s\r\nActionID: @%d\r\n%s\r\n\r\n" % (title, number, body) for title, body in rows)
    return head + items + b"Event: QueueStatusComplete\r\nActionID: @%d\r\nEventList: Complete\r\nListItems: %d\r\n\r\n" % (number, len(rows))


ROWS = [(b"QueueParams", b"Queue: info"), (b"QueueMember", b"Queue: info\r\nName: Anna\r\nLocation: PJSIP/1003\r\nStatus: 1\r\nPaused: 0"),
        (b"QueueEntry", b"Queue: info\r\nPosition: 1\r\nUniqueid: 9.1\r\nCallerIDNum: 0612345678\r\nWait: 30")]


def chunks(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            if entry["dir"] == "in":
                yield entry["t"], entry["data"].encode("latin-1")


def story(path):
    """The messages of a recording with what the gateway reads, and the time between them."""
    out, names, before, rest = [], {}, None, b""

    def short(match):
        return names.setdefault(match.group(0), b"1.%d" % (len(names) + 1))

    for time, data in chunks(path):
        rest += data
        while b"\r\n\r\n" in rest:
            message, rest = rest.split(b"\r\n\r\n", 1)
            lines = message.lstrip(b"\r\n").split(b"\r\n")
            title = lines[0][7:].decode("latin-1")
            if not lines[0].startswith(b"Event: ") or title not in EVENTS:
                continue
            unread = ([] if title in WITH_CALLER else CALLER) + ([] if title in WITH_PLACE else PLACE)
            unread += [] if title == "Newchannel" else ["Channel", "DestChannel"]
            lines = [line for line in lines if line.split(b":")[0].decode("latin-1") in HEADERS and line.split(b":")[0].decode() not in unread]
            text = b"\r\n".join(lines)
            text = re.sub(rb"\b1[78]\d{8}\.\d+", short, text)
            text = re.sub(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", lambda m: names.setdefault(m.group(0), b"b%d" % (len(names) + 1)), text)
            if before is not None and time - before >= 0.05:
                out.append(b"\x01wait %d\n" % round((time - before) * 1000))
            before = time
            out.append(text + b"\r\n\r\n")
    return out


def main(traces, out):
    for target in ("AMI", "Session", "Switch"):
        os.makedirs(os.path.join(out, target), exist_ok=True)

    def write(target, name, data):
        with open(os.path.join(out, target, name), "wb") as file:
            file.write(data)

    for index, path in enumerate(sorted(glob.glob(os.path.join(traces, "*", "*", "ami.jsonl.gz")))):
        name = "-".join(path.split(os.sep)[-3:-1])
        messages = story(path)
        for part in range(0, min(len(messages), 200), 50):
            write("Switch", f"{name}-{part}", b"\x01play %d\n" % index + b"".join(messages[part:part + 90]))
        if index % 3 == 0:
            live = messages[:60]
            live.insert(len(live) // 2, b"\x01close\n\x01wait 1000\n" + LOGIN + inventory(3, ROWS))
            write("Switch", f"{name}-live", b"\x01live %d\n" % index + LOGIN + inventory(3, ROWS) + b"".join(live))
        raw = b"".join(data for _, data in chunks(path))
        for mode in range(3):
            write("AMI", f"{name}-{mode}", bytes([4 * mode + 1, index]) + raw[mode * 3000:mode * 3000 + 2000])
    for path in sorted(glob.glob(os.path.join(traces, "*", "*", "ctl.jsonl.gz")))[::4]:
        raw = b"".join(data for _, data in chunks(path))
        write("AMI", "ctl-" + path.split(os.sep)[-2], bytes([5, 7]) + raw[:3500])
    follows = b"Response: Follows\r\nPrivilege: Command\r\nActionID: 3\r\na: b\n\nc\n--END COMMAND--\r\n\r\nEvent: X\r\n\r\n"
    write("AMI", "follows", bytes([0, 3]) + follows)
    write("AMI", "long-line", bytes([4, 3]) + b"Event: A\r\nx: \x1ay\xff\x1ay\x02\r\n\r\nEvent: B\r\n\r\n")
    write("AMI", "many-lines", bytes([4, 3]) + b"Event: A\r\nx: y\r\n\x1b\xff\x1b\xff\x1b\x09\r\nEvent: B\r\n\r\n")
    write("AMI", "actions", bytes([6, 3]) + b"Action: Ping\r\nActionID: 1\r\nVariable: a=b\r\n\r\n" + b"action: \r\nx\r\n\r\n")
    write("AMI", "lines", bytes([7, 3]) + b'{"type":"hello"}\r\nD\\\'Angelo\\?\n\n\\\n')
    # Session: banner, login (plain or MD5), questions, answers, silence.
    plain, md5 = bytes([1, 0, 5, 1]), bytes([1, 0, 5, 0x11, 5, 2])
    ask = bytes([4, 1, 4, 0, 5, 0x32, 5, 0x33, 5, 0x42, 5, 0x52, 5, 0x43, 5, 0x53, 1, 7, 5, 2, 5, 3])
    for mode in range(6):
        login = md5 if mode & 1 else plain
        write("Session", f"talk-{mode}", bytes([mode * 8 + (mode & 1), mode]) + login + ask + bytes([2, 200, 4, 0, 2, 150, 5, 0x74]))
        write("Session", f"silence-{mode}", bytes([mode * 8 + (mode & 1), mode]) + login + bytes([4, 0, 3, 250, 2, 100, 1, 7, 2, 255]))
        write("Session", f"listening-{mode}", bytes([mode * 8 + 6, mode]) + plain + bytes([1, 7, 1, 11, 2, 9, 1, 12, 1, 7, 1, 15, 5, 0x83]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
