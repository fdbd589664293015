import Figures
import ACD
import Contacts
import Directory
import Telephony
import Time

/// A connection, whoever opened it. Even numbers are ours (to switches), odd ones were accepted.
public struct ConnectionID: Hashable, Comparable, Codable, Sendable {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
    public static func < (left: ConnectionID, right: ConnectionID) -> Bool { left.number < right.number }
    /// Whether a client opened it.
    public var isAccepted: Bool { !number.isMultiple(of: 2) }
    /// Which of the clients' connections, or of ours, it is: each kind has every second number.
    public var ordinal: UInt64 { number / 2 }
}

extension Core {
    /// What follows from an input: what the world is to do, and what others may want to know.
    public enum Output: Equatable, Sendable {
        // MARK: for the world
        /// Connect to this switch; ``Input/opened(_:)`` or ``Input/closed(_:reason:isConfigurationFault:)`` will say
        /// how it went.
        case connect(ConnectionID, to: SwitchID)
        case send(ConnectionID, [UInt8])
        /// Close the connection after what was sent to it is out.
        case close(ConnectionID)
        /// Ask the registry; ``Input/found(_:_:)`` brings the answer.
        case lookUp(LookupID, CallerID)
        /// The record is complete. It ended at `at`, which may be the moment of a switch's clock.
        case closed(ContactRecord, at: Moment)
        /// A gap that began, or how it ended: stored under its beginning.
        case gap(SwitchID, Gap)
        /// A row of a quarter-hour: new, or the same row again as long as it is provisional. Stored under its key.
        case interval(SwitchID, IntervalRow)
        case log(LogLine)
        /// A webhook event changed nothing. A sender can cause this as often as it likes.
        case webhookIgnored(SwitchID, total: Int)

        // MARK: for the desks
        /// A card on an agent's screen appeared, changed or went.
        case card(Screens.Card)
        /// The agent is known by other names than before.
        case namesChanged(Interface, on: SwitchID)
        /// A conversation has left after-call work behind.
        case wrapUpBegan(AfterCallWork, on: SwitchID)
        /// The agent has ended the after-call work.
        case wrapUpEnded(AfterCallWork, on: SwitchID)

        // MARK: for who watches
        case changed(ChangeSequence.Change)
    }
}
