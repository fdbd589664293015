/// The function that libFuzzer calls with invented bytes, and `swift test` with the committed corpus.
///
/// Each target drives one part of the path of a datum and states what must hold whatever the bytes are. A trap in the
/// code under test is a finding as well. Neither a fault nor a trap may depend on anything but the input.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// Bytes → messages: `Framer`, `Message`, `HeaderReader`, escaping, `LineFramer`.
    case ami = "AMI"
    /// Bytes, time and requests → a client's session.
    case session = "Session"
    /// Bytes, time and a connection that comes and goes → the whole switch side of the gateway.
    case switchSide = "Switch"

    /// What is wrong, in sentences; empty if nothing is.
    public func faults(of input: [UInt8]) -> [String] {
        switch self {
        case .ami: AMIFuzz.faults(of: input)
        case .session: SessionFuzz.faults(of: input)
        case .switchSide: SwitchFuzz.faults(of: input)
        }
    }

    /// For libFuzzer, which only notices a program that dies: the first fault is the message of the trap.
    public func run(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
        let input = Array(UnsafeBufferPointer(start: bytes, count: count))
        if let fault = faults(of: input).first { fatalError("\(rawValue): \(fault)") }
    }
}

/// Collects what does not hold. The first few are enough.
struct Expectations {
    private(set) var faults: [String] = []

    mutating func expect(_ condition: Bool, _ fault: @autoclosure () -> String) {
        if !condition, faults.count < 5 { faults.append(fault()) }
    }
}
