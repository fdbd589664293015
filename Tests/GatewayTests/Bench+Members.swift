import Core
import Gateway
import ScreenPop
import Telephony
import Time

/// Calls of queue members whose telephones have other names.
extension Bench {
    /// What the desk has received since the last call, without what the look-up found; it acknowledges everything.
    mutating func shown(_ desk: ConnectionID) -> [Pop.Kind] {
        let told = pops(desk)
        for pop in told { send(Self.acknowledgement(pop), desk) }
        return told.map(\.type).filter { $0 != .update }
    }

    mutating func tell(_ member: OneAgentTests.Member) {
        let name = member.name.isEmpty ? member.seat : member.name
        asterisk(
            "QueueMemberStatus|Queue: \(member.queue)|MemberName: \(name)|Interface: \(member.seat)|StateInterface: \(member.state.isEmpty ? member.seat : member.state)|Status: \(member.status)|Paused: \(member.isPaused ? 1 : 0)"
        )
    }

    private func channel(_ id: String, _ name: String, state: Int = 0, prefix: String = "") -> String {
        [
            "Channel: \(name)-\(id)", "ChannelState: \(state)", "CallerIDNum: ", "Context: c", "Exten: 1",
            "Priority: 1", "Uniqueid: \(id)",
            "Linkedid: \(id)",
        ]
        .map { prefix + $0 }.joined(separator: "|")
    }

    /// A channel dials a telephone.
    mutating func dial(_ source: String, _ id: String, _ telephone: String) {
        asterisk(
            "Newchannel|" + channel(id, telephone),
            "DialBegin|Uniqueid: \(source)|" + channel(id, telephone, prefix: "Dest"))
    }

    /// The queue rings a member for the caller: a telephone, or a Local channel (`…-l1`, `…-l2`) whose dial plan dials
    /// these.
    mutating func callMember(
        _ caller: String, _ member: OneAgentTests.Member, _ telephones: [(id: String, device: String)],
        apart: Span = .zero
    ) {
        let name = member.name.isEmpty ? member.seat : member.name
        let (one, two) = ("\(caller)-l1", "\(caller)-l2")
        asterisk(
            "Newchannel|Channel: Local/x@y-\(caller);1|ChannelState: 0|Uniqueid: \(one)|Linkedid: \(caller)",
            "Newchannel|Channel: Local/x@y-\(caller);2|ChannelState: 4|Uniqueid: \(two)|Linkedid: \(caller)",
            "AgentCalled|Uniqueid: \(caller)|DestUniqueid: \(one)|Queue: \(member.queue)|Interface: \(member.seat)|MemberName: \(name)",
            "LocalBridge|LocalOneUniqueid: \(one)|LocalTwoUniqueid: \(two)",
            "DialBegin|Uniqueid: \(caller)|DestChannel: Local/x@y-\(caller);1|DestChannelState: 0|DestUniqueid: \(one)|DestLinkedid: \(caller)"
        )
        for (index, telephone) in telephones.enumerated() {
            if index > 0 { wait(apart) }
            dial(two, telephone.id, telephone.device)
        }
    }

    mutating func answer(_ caller: String, _ member: OneAgentTests.Member, _ telephone: String) {
        let name = member.name.isEmpty ? member.seat : member.name
        wait(.seconds(3))
        asterisk(
            "DialEnd|Uniqueid: \(caller)-l2|DestUniqueid: \(telephone)|DialStatus: ANSWER",
            "BridgeEnter|BridgeUniqueid: i\(caller)|Uniqueid: \(telephone)",
            "BridgeEnter|BridgeUniqueid: i\(caller)|Uniqueid: \(caller)-l2",
            "DialEnd|Uniqueid: \(caller)|DestUniqueid: \(caller)-l1|DialStatus: ANSWER",
            "QueueCallerLeave|Context: in|Exten: 800|Priority: 2|Uniqueid: \(caller)|Queue: \(member.queue)",
            "AgentConnect|Uniqueid: \(caller)|DestUniqueid: \(caller)-l1|Queue: \(member.queue)|Interface: \(member.seat)|MemberName: \(name)",
            "BridgeEnter|BridgeUniqueid: o\(caller)|Uniqueid: \(caller)-l1",
            "BridgeEnter|BridgeUniqueid: o\(caller)|Uniqueid: \(caller)")
    }

    mutating func end(_ caller: String, _ telephone: String) {
        wait(.seconds(20))
        asterisk(
            "HangupRequest|Context: in|Exten: 800|Priority: 2|Uniqueid: \(caller)",
            "BridgeLeave|BridgeUniqueid: o\(caller)|Uniqueid: \(caller)")
        for id in [caller, "\(caller)-l1", "\(caller)-l2", telephone] { asterisk("Hangup|Uniqueid: \(id)") }
        wait(.seconds(2))
    }

    /// A whole call to a member of a queue; if nobody answers, the caller gives up. `joins`: nobody is dialled, and
    /// this telephone answers in the pool.
    mutating func queueCall(
        _ caller: String, _ member: OneAgentTests.Member, _ telephones: [(id: String, device: String)],
        answeredBy: String?,
        apart: Span = .zero, joins: (id: String, device: String)? = nil
    ) {
        join(caller, queue: member.queue)
        callMember(caller, member, telephones, apart: apart)
        if let joins { asterisk("Newchannel|" + channel(joins.id, joins.device)) }
        if let answered = answeredBy ?? joins?.id {
            answer(caller, member, answered)
            for telephone in telephones where telephone.id != answered {
                asterisk(
                    "DialEnd|Uniqueid: \(caller)-l2|DestUniqueid: \(telephone.id)|DialStatus: CANCEL",
                    "Hangup|Uniqueid: \(telephone.id)")
            }
            return end(caller, answered)
        }
        wait(.seconds(10))
        for telephone in telephones {
            asterisk(
                "DialEnd|Uniqueid: \(caller)-l2|DestUniqueid: \(telephone.id)|DialStatus: CANCEL",
                "Hangup|Uniqueid: \(telephone.id)")
        }
        asterisk("Hangup|Uniqueid: \(caller)-l1", "Hangup|Uniqueid: \(caller)-l2")
        leaveQueue(caller, queue: member.queue)
    }

    mutating func leaveQueue(_ caller: String, queue: String = "info") {
        asterisk(
            "HangupRequest|Context: in|Exten: 800|Priority: 2|Uniqueid: \(caller)",
            "QueueCallerAbandon|Context: in|Exten: 800|Priority: 2|Uniqueid: \(caller)|Queue: \(queue)",
            "Hangup|Uniqueid: \(caller)")
        wait(.seconds(2))
    }

    mutating func directCall(_ caller: String, on telephone: String) {
        asterisk("Newchannel|" + channel(caller, "PJSIP/trunk", state: 4))
        dial(caller, "\(caller)d", telephone)
        talk(caller, "\(caller)d")
    }

    mutating func outboundCall(_ id: String, from telephone: String) {
        asterisk("Newchannel|" + channel(id, telephone, state: 4))
        dial(id, "\(id)d", "PJSIP/trunk")
        talk(id, "\(id)d")
    }

    private mutating func talk(_ one: String, _ two: String) {
        wait(.seconds(3))
        asterisk(
            "DialEnd|Uniqueid: \(one)|DestUniqueid: \(two)|DialStatus: ANSWER",
            "BridgeEnter|BridgeUniqueid: d\(one)|Uniqueid: \(two)",
            "BridgeEnter|BridgeUniqueid: d\(one)|Uniqueid: \(one)")
        wait(.seconds(10))
        for id in [two, one] { asterisk("HangupRequest|Uniqueid: \(id)", "Hangup|Uniqueid: \(id)") }
        wait(.seconds(2))
    }
}
