import Core
import Edges
import Gateway
import Records
import Testing
import Wire

// 16 and 22; rates and slow readers.
extension QuirksTests {
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
        let old = try Surprise(
            "16/wrapup-a", until: { $0.contains("Interface: PJSIP/1005\r\n") && $0.contains("Paused: 1\r\n") })
        try #require(old.all("QueueMemberPause").map { $0["PausedReason"] } == ["Pranzo"])
        try #require(old.all("QueueMemberPause").map { $0["Reason"] } == ["Pranzo"])
        #expect(old.report.agents["Elena D'Amico"]?.state == "paused")
        #expect(old.report.agents["Elena D'Amico"]?.reason == "Pranzo")
        let new = try Surprise(
            "22/pause_reasons-a", until: { $0.contains("Interface: PJSIP/1003\r\n") && $0.contains("Paused: 1\r\n") })
        try #require(new.all("QueueMemberPause").map { $0["PausedReason"] } == ["Riunione; sala 2"])
        try #require(new.all("QueueMemberPause").allSatisfy { $0["Reason"] == nil })
        #expect(new.report.agents["Carla Verdi"]?.state == "paused")
        #expect(new.report.agents["Carla Verdi"]?.reason == "Riunione; sala 2")
    }

    @Test("Rates: in a busy hour in miniature every Join has its Leave, and every Newchannel its Hangup")
    func load() throws {
        let surprise = try Surprise("16/load-s1")
        try #require(surprise.all("QueueCallerJoin").count > 300)
        #expect(surprise.report.events.malformed == 0)
        #expect(surprise.report.queues.values.allSatisfy { $0.waiting == 0 && $0.lost == 0 })
        #expect(surprise.isCountedAsLogged)
        #expect(surprise.contacts.allSatisfy { $0.endedAt != nil })
    }

    @Test("A slow reader is disconnected in the middle of an event: the unfinished one is discarded")
    func cutOff() throws {
        var live = LiveSwitch()
        live.bench.join("1.1")
        live.hear("Event: QueueCallerJoin\nPrivilege: agent,all\nUniqueid: 9.1\nQueue: in")
        live.bench.cutSwitch()
        live.reconnect()
        live.bench.join("1.2")
        live.tellInventory()
        #expect(live.report.events.malformed == 0)
        // The caller whose end was not reported was no longer listed.
        #expect(live.report.queues["info"]?.offered == 2)
        #expect(live.report.contacts.map(\.channel) == ["1.2"])
    }
}
