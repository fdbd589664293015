import Core
import Edges
import Gateway
import Telephony

/// The whole switch side: bytes → `AsteriskLink` → `AsteriskTranslator` → `Calls`, `Contacts`, `ACD`, through
/// `Gateway.handle` as a host calls it.
enum SwitchFuzz {
    static func faults(of input: [UInt8]) -> [String] {
        let script = SwitchScript(input)
        guard !script.steps.isEmpty else { return [] }
        var whole = SwitchRun(isRecording: script.isRecording)
        for step in script.steps {
            whole.perform(step)
            whole.checkFigures()
        }
        var cut = SwitchRun(isRecording: script.isRecording)
        var generator = SplitMix64(seed: script.seed)
        for step in script.steps {
            guard case .bytes(let bytes) = step else {
                cut.perform(step)
                continue
            }
            // Single bytes only where they are few: each is a turn of the whole gateway.
            let style = UInt8(script.seed % 3)
            let pieces = cut.answering(bytes).pieces(
                style: style == 0 && bytes.count > 1000 ? 1 : style, using: &generator)
            for (index, piece) in pieces.enumerated() { cut.receive(Array(piece), isLast: index == pieces.count - 1) }
        }
        whole.finish()
        whole.checkEvidence()
        cut.finish()
        // A question that is asked earlier is a different one: the switch would have answered with what held then.
        var comparison = Expectations()
        if !cut.askedInBetween {
            comparison.expect(
                whole.report == cut.report, "cut by the network it counts otherwise: \(whole.difference(from: cut))")
        }
        return whole.expectations.faults + cut.expectations.faults + comparison.faults
    }
}
