import Recordings
import ScreenPop
import Telephony
import Testing
import Time
import Wire

@Suite("A card on an agent's screen", .tags(.recordings))
struct PopLifeTests {
    /// Loads and long recordings add nothing about a single card.
    static let traces = (try? Trace.all().filter { $0.byteCount <= 4 * Trace.small }) ?? []

    @Test("comes to an end on each desk that saw it, whoever has the call then", arguments: traces)
    func ends(trace: Trace) {
        var bench = Bench()
        let agents =
            (1001...1015).flatMap { ["PJSIP/\($0)", "SIP/\($0)"] }
            + (2001...2002).flatMap { ["Local/\($0)@agenti-pool", "Local/\($0)@agenti-pool/n"] }
            + ["Local/1009@agenti-locali/n", "Local/1010@agenti-locali"]
        let desks = agents.map { bench.desk($0) }
        var shown = 0
        for chunk in trace.recording.chunks where chunk.direction == .incoming {
            bench.wait(max(.zero, Span(microseconds: chunk.microseconds) - bench.now))
            bench.hear(chunk.bytes)
        }
        bench.wait(.seconds(60))
        // A switch that died reported no end; the next link does.
        bench.cutSwitch()
        bench.reconnectSwitch()
        for (desk, agent) in zip(desks, agents) {
            var open: Set<String> = []
            for pop in bench.pops(desk) {
                if [.cancelled, .closed].contains(pop.type) { open.remove(pop.popId) } else { open.insert(pop.popId) }
                shown += 1
            }
            #expect(open.isEmpty, "\(agent)")
        }
        #expect(shown > 0 || trace.truth.queues.values.allSatisfy { $0.answered == 0 }, "no card at all")
    }

    @Test("has recordings to look at") func present() { #expect(Self.traces.count > 40) }
}
