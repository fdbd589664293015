import Gateway
import Testing
import Wire

// 16 and 22; rates and slow readers.
extension SurprisesTests {
    @Test(
        "16 and 22 send the same events: the same script gives the same counts",
        arguments: ["mixed-a", "wrapup-a", "atx_refer-a", "pickup_queue-a", "core_restart-a"])
    func versions(name: String) throws {
        let (old, new) = (try Surprise("16/\(name)"), try Surprise("22/\(name)"))
        #expect(old.isCountedAsLogged && new.isCountedAsLogged)
        func counts(_ surprise: Surprise) -> [String: Counts] {
            surprise.report.queues.mapValues { Counts($0) }.filter { $0.value != Counts() }
        }
        #expect(
            counts(old).mapValues { [$0.offered, $0.answered, $0.abandoned] }
                == counts(new).mapValues { [$0.offered, $0.answered, $0.abandoned] })
    }

    @Test("16 gives a pause's reason twice, Reason and PausedReason; 22 once")
    func reasons() throws {
        let surprise = try Surprise("22/pause_reasons-a")
        try #require(surprise.all("QueueMemberPause").contains { $0["PausedReason"] != nil && $0["Reason"] == nil })
        #expect(surprise.report.agents.values.allSatisfy { $0.state == "paused" || $0.reason == nil })
    }

    @Test("Rates: in a busy hour in little every Join has its Leave, and every Newchannel its Hangup")
    func load() throws {
        let surprise = try Surprise("16/load-s1")
        try #require(surprise.all("QueueCallerJoin").count > 300)
        #expect(surprise.report.events.malformed == 0)
        #expect(surprise.report.queues.values.allSatisfy { $0.waiting == 0 && $0.lost == 0 })
        #expect(surprise.isCountedAsLogged)
        #expect(surprise.contacts.allSatisfy { $0.endedAt != nil })
    }

    @Test("A slow reader is cut off in the middle of an event: the unfinished one is thrown away")
    func cutOff() throws {
        var client = TypedClient()
        client.logIn()
        client.hears("Event: Hold|Uniqueid: 7.1||Event: Unhold|Uniq")
        #expect(client.take() == ["event Hold"])
        var next = TypedClient()
        next.hears("Asterisk Call Manager/11.0.0|Response: Success|ActionID: t-1||Event: Hangup|Uniqueid: 7.1||")
        #expect(next.take() == ["Action: Login", "logged in to 11.0.0", "event Hangup"])
    }
}
