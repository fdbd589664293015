import Playback
import Telephony
import Time

/// A switch's events in short lines, for captures that differ from our own recordings in one thing:
///
///     0.1 new 1 SIP/trunk-01 state=0 num=0612345678 exten=800     a channel, its Uniqueid 1; `link=` another call's
///     0.2 state 1 4                                               Newstate
///     0.3 dial 1 2          5.0 end 1 2 ANSWER                     DialBegin, DialEnd; `-` for no source
///     5.1 in 1 b tech=…     9.0 out 1 b                            BridgeEnter, BridgeLeave
///     9.1 asks 1            9.2 gone 1                             HangupRequest, Hangup; `stops 1`: SoftHangupRequest
///     6.0 raw Hold Uniqueid=1                                     anything else
struct AMIStory {
    private struct Leg {
        var name: String
        var number: String
        var exten: String
        var link: String
        var state: String
    }

    private var legs: [String: Leg] = [:]
    private(set) var chunks = [
        Replay.Connection.Chunk(time: .zero, bytes: Array("Asterisk Call Manager/9.0.0\r\n".utf8))
    ]

    init(_ lines: String) {
        for line in lines.split(separator: "\n") { add(line.split(separator: " ").map(String.init)) }
    }

    private mutating func add(_ words: [String]) {
        let options = Dictionary(
            uniqueKeysWithValues: words.filter { $0.contains("=") }.map { word in
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return (parts[0], parts[1])
            })
        let names = words.filter { !$0.contains("=") }
        func bridge(_ id: String) -> [(String, String)] {
            [
                ("BridgeUniqueid", id), ("BridgeType", options["type"] ?? "basic"),
                ("BridgeTechnology", options["tech"] ?? "simple_bridge"),
            ]
        }
        var event: String
        var headers: [(String, String)] = []
        switch names[1] {
        case "new":
            event = "Newchannel"
            legs[names[2]] = Leg(
                name: names[3], number: options["num"] ?? "<unknown>", exten: options["exten"] ?? "",
                link: options["link"] ?? names[2],
                state: options["state"] ?? "0")
            headers = snapshot(names[2])
        case "state":
            event = "Newstate"
            legs[names[2]]!.state = names[3]
            if let exten = options["exten"] { legs[names[2]]!.exten = exten }
            headers = snapshot(names[2])
        case "dial", "end":
            event = names[1] == "dial" ? "DialBegin" : "DialEnd"
            if names[2] != "-" { headers = snapshot(names[2]) }
            headers += snapshot(names[3], "Dest")
            if names[1] == "end" { headers.append(("DialStatus", names[4])) }
            if let string = options["string"] { headers.append(("DialString", string)) }
            if let number = options["forward"] { headers.append(("Forward", number)) }
        case "in":
            event = "BridgeEnter"
            headers = bridge(names[3]) + snapshot(names[2])
            if let id = options["swap"] { headers.append(("SwapUniqueid", id)) }
        case "out":
            event = "BridgeLeave"
            headers = bridge(names[3]) + snapshot(names[2])
        case "asks", "stops", "gone":
            event = ["asks": "HangupRequest", "stops": "SoftHangupRequest", "gone": "Hangup"][names[1]]!
            headers = snapshot(names[2]) + [("Cause", options["cause"] ?? "16")]
        case "raw":
            event = names[2]
            headers = words.dropFirst(3).map { word in
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return (parts[0], parts[1])
            }
        default: preconditionFailure("unknown line \(words)")
        }
        let text = ([("Event", event)] + headers).map { "\($0): \($1)\r\n" }.joined() + "\r\n"
        chunks.append(.init(time: Span(microseconds: Int64(Double(names[0])! * 1_000_000)), bytes: Array(text.utf8)))
    }

    private func snapshot(_ id: String, _ prefix: String = "") -> [(String, String)] {
        guard let leg = legs[id] else { preconditionFailure("no channel \(id)") }
        return [
            ("Channel", leg.name), ("ChannelState", leg.state), ("CallerIDNum", leg.number),
            ("CallerIDName", "<unknown>"),
            ("Context", "ingresso"), ("Exten", leg.exten), ("Priority", "1"), ("Uniqueid", id), ("Linkedid", leg.link),
        ].map { (prefix + $0.0, $0.1) }
    }
}
