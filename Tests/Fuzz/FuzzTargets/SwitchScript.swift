import Telephony
import Time

/// What a switch, a network and the time do to a gateway, as readable text: AMI as it comes, and between it lines
/// that begin with `0x01` and say what happens:
///
///     live 7       (first line only) the gateway logs in and asks; 7 seeds the cuts
///     play 7       (first line only) the same, and the bytes are a recording
///     wait 1500    milliseconds pass, and the host acts at each deadline
///     sleep 1500   the host is late: it acts once, at the end
///     close, refuse  the connection ends; `refuse` is a fault of configuration
///     open         the requested connection is open; bytes open it as well
///     found        the oldest look-up is answered
///
/// `@n` after `ActionID: ` is the link's n-th action on this connection. Another command is bytes like any other.
public struct SwitchScript {
    public enum Step: Equatable {
        case bytes([UInt8])
        case wait(Int64), sleep(Int64)
        case close, refuse, open, found
    }

    public var isRecording = false
    public var seed: UInt64 = 0
    public var steps: [Step] = []

    static let mark: UInt8 = 1
    /// A day: a deadline lies no further ahead than some minutes.
    static let longestWait: Int64 = 86_400_000

    public init(_ input: [UInt8]) {
        for (index, line) in input.lines().enumerated() {
            if line.first == Self.mark {
                let words = String(decoding: line.dropFirst(), as: UTF8.self).split { $0 == " " || $0.isNewline }
                if index == 0, let mode = words.first, mode == "live" || mode == "play" {
                    isRecording = mode == "play"
                    seed = words.count > 1 ? UInt64(words[1]) ?? 0 : 0
                    continue
                }
                if let step = Self.step(words) {
                    steps.append(step)
                    continue
                }
            }
            if case .bytes(let before)? = steps.last {
                steps[steps.count - 1] = .bytes(before + line)
            } else {
                steps.append(.bytes(Array(line)))
            }
        }
    }

    private static func step(_ words: [Substring]) -> Step? {
        let milliseconds = words.count > 1 ? Int64(words[1]).map { min(max($0, 0), longestWait) } : nil
        return switch words.first {
        case "wait": milliseconds.map(Step.wait)
        case "sleep": milliseconds.map(Step.sleep)
        case "close": .close
        case "refuse": .refuse
        case "open": .open
        case "found": .found
        default: nil
        }
    }
}

extension [UInt8] {
    /// Its lines, each with its end; the last may have none.
    func lines() -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = startIndex
        for index in indices where self[index] == 10 {
            lines.append(self[start...index])
            start = index + 1
        }
        if start < endIndex { lines.append(self[start...]) }
        return lines
    }
}
