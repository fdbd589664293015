import Telephony
import Time

/// What happens to a session, read from a fuzzer's bytes: each step is one byte of kind and one of detail; unreadable
/// bytes end it.
struct SessionScript {
    enum Step {
        case bytes([UInt8])
        /// Time passes, and the owner acts at each deadline.
        case wait(Span)
        /// Time passes, and the owner is late: it acts once, at the end.
        case sleep(Span)
        case request(isList: Bool)
    }

    var usesMD5 = false
    var isListening = false
    var seed: UInt64 = 0
    /// Consecutive bytes are one step: the network has joined them.
    var steps: [Step] = []

    init(_ input: [UInt8]) {
        guard input.count > 2 else { return }
        usesMD5 = input[0] & 1 != 0
        isListening = input[0] & 6 == 6
        seed = UInt64(input[1])
        var rest = input[2...]
        while let kind = rest.popFirst(), let detail = rest.popFirst() {
            switch kind % 6 {
            case 0:
                append(rest.prefix(Int(detail)))
                rest = rest.dropFirst(Int(detail))
            case 1: append(Self.messages[Int(detail) % Self.messages.count].utf8)
            case 2: steps.append(.wait(.milliseconds(Int64(detail) * 100)))
            case 3:
                steps.append(
                    detail < 128 ? .sleep(.milliseconds(Int64(detail))) : .sleep(.seconds(Int64(detail) - 127)))
            case 4: steps.append(.request(isList: detail & 1 != 0))
            default:
                // An answer to one of the first actions: kind in the upper bits, number in the lower.
                append(
                    Self.answers[Int(detail >> 4) % Self.answers.count].replacing("#", with: "f-\(detail & 15)").utf8)
            }
        }
    }

    private mutating func append(_ bytes: some Collection<UInt8>) {
        if case .bytes(let before)? = steps.last {
            steps[steps.count - 1] = .bytes(before + bytes)
        } else {
            steps.append(.bytes(Array(bytes)))
        }
    }

    private static let messages = [
        "Asterisk Call Manager/11.0.0\r\n", "Asterisk Call Manager/1.3\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "\r\n", "\n",
        "no colon\r\n",
        "Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n", "Event: Hangup\r\nUniqueid: 1.1\r\nCause: 16\r\n\r\n",
        "Event: OriginateResponse\r\nActionID: f-4\r\nResponse: Failure\r\n\r\n",
        "Response: Error\r\nMessage: Missing action in request\r\n\r\n",
        "Response: Goodbye\r\n\r\n", "Event: Cut\r\nUniqueid: 1.", "Event: Cut", "\r", ":\r\n",
        "Response: Follows\r\nPrivilege: Command\r\n",
    ]

    private static let answers = [
        "Response: Success\r\nActionID: #\r\nMessage: Authentication accepted\r\n\r\n",
        "Response: Success\r\nActionID: #\r\nChallenge: 840415273\r\n\r\n",
        "Response: Error\r\nActionID: #\r\nMessage: Authentication failed\r\n\r\n",
        "Response: Success\r\nActionID: #\r\nEventList: start\r\nMessage: follows\r\n\r\n",
        "Event: QueueParams\r\nActionID: #\r\nQueue: a\r\n\r\n",
        "Event: QueueStatusComplete\r\nActionID: #\r\nEventList: Complete\r\nListItems: 1\r\n\r\n",
        "Event: Hangup\r\nActionID: #\r\nEventList: cancelled\r\n\r\n",
        "Response: Success\r\nActionID: #\r\nPing: Pong\r\n\r\n",
        "Response: Follows\r\nActionID: #\r\ntext\r\n--END COMMAND--\r\n\r\n",
        "Response: Goodbye\r\nActionID: #\r\n\r\n",
    ]
}
