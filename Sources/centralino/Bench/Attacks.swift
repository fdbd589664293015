import Core
import Edges
import Gateway
import Telephony
import Time

/// What a switch out of order, or a client in somebody else's hands, can do to the loop. Each begins with a gateway
/// that has just connected.
struct Attack: Sendable {
    var name: String
    /// For people.
    var words: String
    /// The switch is logged in to, and asked for its inventory.
    var isAsked = false
    var run: @Sendable (inout AttackBench) -> Void

    static let all: [Attack] = ofSwitches + ofClients

    // MARK: switches

    private static let ofSwitches: [Attack] = [
        Attack(name: "members", words: "300 agents in 1,000 queues, whose telephones do something") { bench in
            _ = bench.connect(.wallboards)
            for device in [1, 2, 1] {
                for agent in 0..<300 {
                    for queue in 0..<1000 { bench.event(member("queue-\(queue)", "PJSIP/\(agent)", device)) }
                }
            }
            bench.flush()
            bench.pass(.seconds(2))
        },
        Attack(name: "pauses", words: "the same agents, paused with reasons in one queue after the other") { bench in
            for paused in [0, 1, 0] {
                for agent in 0..<100 {
                    for queue in 0..<1000 {
                        bench.event(
                            "QueueMemberPause|Queue: queue-\(queue)|MemberName: \(agent)|Interface: PJSIP/\(agent)|Status: 1|Paused: \(paused)|PausedReason: Pausa"
                        )
                    }
                }
            }
            bench.flush()
            bench.pass(.seconds(2))
        },
        Attack(name: "names", words: "names of 60,000 characters") { bench in
            let long = String(repeating: "x", count: 60_000)
            for number in 0..<300 {
                bench.event(
                    "QueueMemberStatus|Queue: \(long)\(number)|MemberName: \(long)|Interface: PJSIP/\(long)\(number)|Status: 1|Paused: 0"
                )
            }
            for number in 0..<300 {
                bench.event(
                    "Newchannel|Channel: PJSIP/trunk-\(number)|ChannelState: 4|CallerIDNum: \(long)|CallerIDName: \(long)|Exten: \(long)|Uniqueid: \(long)\(number)|Linkedid: 1"
                )
            }
            bench.flush()
            bench.pass(.seconds(1))
            bench.ask("/v1/wallboard", from: "10.1.0.1")
        },
        Attack(
            name: "channels", words: "500,000 calls that never end, then the link breaks, and nothing of them is left",
            isAsked: true
        ) {
            bench in
            for number in 0..<500_000 { bench.event(call(number)) }
            bench.flush()
            bench.pass(.seconds(2))
            bench.dropSwitch()
            bench.reconnect(channels: [])
        },
        Attack(name: "gone", words: "2,000 calls that are gone when the link comes back", isAsked: true) { bench in
            bench.prepare { bench in for number in 0..<2_000 { bench.event(call(number)) } }
            bench.dropSwitch()
            bench.reconnect(channels: [])
        },
        Attack(
            name: "listed", words: "20,000 calls, which the list has in other bridges when the link comes back",
            isAsked: true
        ) {
            bench in
            bench.prepare { bench in for number in 0..<20_000 { bench.event(call(number)) } }
            bench.dropSwitch()
            bench.reconnect(channels: (0..<20_000).map { listed($0, bridge: "b\($0 / 2)") })
        },
        Attack(name: "strangers", words: "20,000 calls that the first list brings", isAsked: true) { bench in
            bench.dropSwitch()
            bench.reconnect(channels: (0..<20_000).map { listed($0) })
            bench.dropSwitch()
            bench.reconnect(channels: [])
        },
        Attack(
            name: "roster", words: "300 agents in 1,000 queues, who are in none when the link comes back", isAsked: true
        ) { bench in
            bench.prepare { bench in
                for agent in 0..<300 {
                    for queue in 0..<1000 { bench.event(member("queue-\(queue)", "PJSIP/\(agent)", 1)) }
                }
            }
            bench.dropSwitch()
            bench.reconnect(channels: [])
        },
        Attack(
            name: "storm",
            words: "3,000 callers who come into 100 queues within three seconds, while three people watch"
        ) { bench in
            for number in 0..<3 { _ = bench.connect(.wallboards, from: "10.8.0.\(number)") }
            bench.prepare { bench in day(&bench, calls: 20_000) }
            for number in 0..<3_000 {
                bench.event(call(100_000 + number))
                bench.event(joins("queue-\(number % 100)", 100_000 + number))
                bench.flush()
            }
            bench.pass(.seconds(3))
            for number in 0..<3_000 {
                for event in leaves("queue-\(number % 100)", 100_000 + number) { bench.event(event) }
                bench.flush()
            }
            bench.pass(.seconds(3))
        },
        Attack(name: "waiting", words: "15,000 callers in one queue, who leave, the last first") { bench in
            for number in 0..<15_000 {
                bench.event(call(number))
                bench.event(joins("info", number))
            }
            for number in (0..<15_000).reversed() { for event in leaves("info", number) { bench.event(event) } }
            bench.flush()
            bench.pass(.seconds(2))
        },
        Attack(name: "conference", words: "600 callers in one conference, in and out") { bench in
            for number in 0..<600 { bench.event(call(number)) }
            for number in 0..<600 { bench.event(enters("b1", number)) }
            for number in 0..<600 {
                bench.event("Hangup|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.\(number)|Cause: 16")
            }
            bench.flush()
            bench.pass(.seconds(2))
        },
        Attack(name: "clock", words: "10,000 calls, while the switch's clock is set with each event") { bench in
            for number in 0..<10_000 { bench.event(call(number)) }
            for number in 0..<20_000 {
                bench.event(
                    "Newexten|Timestamp: \(1_772_438_400 + (number % 2) * 300).000000|Uniqueid: 1.1|Exten: \(number)")
                bench.event("Hold|Timestamp: \(1_772_438_400 + (number % 2) * 300).000000|Uniqueid: 1.1")
            }
            bench.flush()
            bench.pass(.seconds(2))
        },
        Attack(name: "uniqueids", words: "100,000 calls under ten Uniqueids") { bench in
            for number in 0..<100_000 {
                bench.event(
                    "Newchannel|Channel: PJSIP/trunk-\(number)|ChannelState: 4|CallerIDNum: 06\(number)|Uniqueid: 1.\(number % 10)|Linkedid: 1.\(number % 10)"
                )
            }
            bench.flush()
            bench.pass(.seconds(2))
        },
        Attack(name: "phones", words: "15,000 channels of one telephone, dialled and hung up") { bench in
            for number in 0..<15_000 {
                bench.event(
                    "Newchannel|Channel: PJSIP/1001-\(number)|ChannelState: 0|Uniqueid: 2.\(number)|Linkedid: 2.\(number)"
                )
                bench.event(
                    "DialBegin|DestChannel: PJSIP/1001-\(number)|DestUniqueid: 2.\(number)|DestLinkedid: 2.\(number)|DialString: 1001"
                )
            }
            for number in (0..<15_000).reversed() { bench.event("Hangup|Uniqueid: 2.\(number)|Cause: 16") }
            bench.flush()
            bench.pass(.seconds(2))
        },
        Attack(name: "wrapups", words: "300 agents with hours of after-call work, and 10,000 calls") { bench in
            for agent in 0..<300 {
                bench.event(
                    "QueueMemberStatus|Queue: info|MemberName: \(agent)|Interface: PJSIP/\(agent)|Status: 1|Paused: 0|Wrapuptime: 36000"
                )
            }
            for number in 0..<10_000 { answered(&bench, number, agent: number % 300, queue: "info") }
            bench.flush()
            bench.pass(.seconds(2))
        },
        Attack(name: "garbage", words: "lines without an end, bytes that are no messages") { bench in
            for number in 0..<200 {
                bench.say(String(repeating: "\(number % 10)", count: 100_000) + "\r\n\r\n:\r\n\r\n")
            }
            for _ in 0..<200_000 { bench.say("x\r\n\r\n") }
            bench.flush()
            bench.pass(.seconds(2))
        },
        Attack(name: "reloads", words: "20,000 reloads") { bench in
            for _ in 0..<20_000 { bench.event("Reload|Module: All|Status: 0") }
            bench.flush()
            bench.pass(.seconds(2))
        },
    ]

    // MARK: clients

    private static let figures: [(String, String)] = [
        ("stats", "/v1/stats?from=1000-01-01T00:00:00Z&to=3000-01-01T00:00:00Z"), ("today", "/v1/stats"),
        ("explain", "/v1/stats/explain?figure=offered&limit=1000"),
        ("longest", "/v1/stats/explain?figure=longestWait&limit=1000"),
        ("history", "/v1/wallboard/history"), ("snapshot", "/v1/wallboard"), ("metrics", "/metrics"),
        ("status", "/v1/status"),
        ("agents", "/v1/agents"),
    ]

    private static let ofClients: [Attack] =
        figures.map { name, target in
            Attack(name: name, words: "\(target) after a day of 60,000 answered calls in 100 queues") { bench in
                bench.prepare { bench in day(&bench, calls: 60_000) }
                for number in 0..<10 { bench.ask(target, from: "10.2.0.\(number)") }
                let pipelined = bench.connect(.http, from: "10.2.1.1")
                bench.send(String(repeating: AttackBench.get(target), count: 64), pipelined)
                bench.pass(.seconds(5))
            }
        } + [
            Attack(name: "connections", words: "5,000 connections to each port, from as many addresses") { bench in
                for port in ClientPort.allCases {
                    for number in 0..<5_000 { _ = bench.connect(port, from: "10.\(number / 250).3.\(number % 250)") }
                }
                bench.pass(.seconds(30))
            },
            Attack(name: "readers", words: "500 readers with filters of their own, while queues change") { bench in
                bench.prepare { bench in day(&bench, calls: 2_000) }
                for number in 0..<500 {
                    let id = bench.connect(.wallboards, from: "10.4.\(number / 250).\(number % 250)")
                    bench.send(
                        "{\"subscribe\":{\"queues\":[\"queue-\(number % 100)\"],\"metrics\":[\"waiting\"],\"insensitivity\":{\"waiting\":\(1 + number)}}}\n",
                        id)
                }
                day(&bench, calls: 1_000, from: 1_000_000)
                bench.pass(.seconds(5))
            },
            Attack(name: "requests", words: "10,000 requests to nothing in one packet after the other") { bench in
                for number in 0..<20 {
                    let id = bench.connect(.http, from: "10.5.0.\(number)")
                    bench.send(
                        String(repeating: "GET /\(number) HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 1_400), id)
                }
                bench.pass(.seconds(5))
            },
            Attack(name: "desks", words: "desks that say hello with wrong tokens, and lines without an end") { bench in
                for number in 0..<500 {
                    let id = bench.connect(.desks, from: "10.6.\(number / 250).\(number % 250)")
                    bench.send("{\"type\":\"hello\",\"token\":\"x\",\"agent\":\"PJSIP/1\",\"version\":1}\n", id)
                    let other = bench.connect(.desks, from: "10.7.\(number / 250).\(number % 250)")
                    bench.send(String(repeating: "x", count: 60_000), other)
                }
                bench.pass(.seconds(30))
            },
        ]

    // MARK: what they are made of

    private static func member(_ queue: String, _ phone: String, _ device: Int) -> String {
        "QueueMemberStatus|Queue: \(queue)|MemberName: \(phone)|Interface: \(phone)|Status: \(device)|Paused: 0"
    }

    private static func call(_ number: Int) -> String {
        "Newchannel|Channel: PJSIP/trunk-\(number)|ChannelState: 4|CallerIDNum: 06\(number)|CallerIDName: Mario|Exten: 1|Uniqueid: 1.\(number)|Linkedid: 1.\(number)"
    }

    private static func joins(_ queue: String, _ number: Int) -> String {
        "QueueCallerJoin|Queue: \(queue)|Position: 1|CallerIDNum: 06\(number)|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.\(number)|Linkedid: 1.\(number)"
    }

    private static func leaves(_ queue: String, _ number: Int) -> [String] {
        [
            "HangupRequest|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.\(number)",
            "QueueCallerAbandon|Queue: \(queue)|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.\(number)",
            "Hangup|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.\(number)|Cause: 16",
        ]
    }

    private static func listed(_ number: Int, bridge: String = "") -> String {
        "CoreShowChannel|Channel: PJSIP/trunk-\(number)|ChannelState: 6|CallerIDNum: 06\(number)|Context: in|Exten: 1|Priority: 1|Uniqueid: 1.\(number)|Linkedid: 1.\(number)|Application: Wait|Duration: 00:01:00|BridgeId: \(bridge)"
    }

    private static func enters(_ bridge: String, _ number: Int) -> String {
        "BridgeEnter|BridgeUniqueid: \(bridge)|BridgeType: base|BridgeTechnology: softmix|Channel: PJSIP/trunk-\(number)|ChannelState: 6|Uniqueid: 1.\(number)|Linkedid: 1.\(number)"
    }

    private static func answered(_ bench: inout AttackBench, _ number: Int, agent: Int, queue: String) {
        let caller =
            "CallerIDNum: 06\(number)|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.\(number)|Linkedid: 1.\(number)"
        let phone = "DestChannel: PJSIP/\(agent)-\(number)|DestUniqueid: 2.\(number)|DestLinkedid: 1.\(number)"
        bench.event(call(number))
        bench.event("QueueCallerJoin|Queue: \(queue)|Position: 1|\(caller)")
        bench.event("AgentCalled|\(caller)|\(phone)|Queue: \(queue)|Interface: PJSIP/\(agent)|MemberName: \(agent)")
        bench.event("QueueCallerLeave|Queue: \(queue)|\(caller)")
        bench.event("AgentConnect|\(caller)|\(phone)|Queue: \(queue)|Interface: PJSIP/\(agent)|MemberName: \(agent)")
        bench.event(
            "BridgeEnter|BridgeUniqueid: b\(number)|BridgeType: basic|Uniqueid: 1.\(number)|Linkedid: 1.\(number)")
        bench.event(
            "BridgeEnter|BridgeUniqueid: b\(number)|BridgeType: basic|Uniqueid: 2.\(number)|Linkedid: 1.\(number)")
        bench.event("Hangup|Uniqueid: 2.\(number)|Cause: 16")
        bench.event("Hangup|Context: in|Exten: 1|Priority: 3|Uniqueid: 1.\(number)|Cause: 16")
    }

    private static func day(_ bench: inout AttackBench, calls: Int, from first: Int = 0) {
        for number in 0..<calls {
            answered(&bench, first + number, agent: number % 300, queue: "queue-\(number % 100)")
        }
        bench.flush()
    }
}
