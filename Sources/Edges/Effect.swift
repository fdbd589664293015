import Figures
import ACD
import Contacts
import Core
import Directory
import Telephony
import Time

/// A port that clients connect to.
public enum ClientPort: String, Hashable, Sendable, CaseIterable { case http, desks, wallboards }

/// What the world is to do, in order.
public enum Effect: Equatable, Sendable {
    /// Journal this input of the core: it comes before everything that follows from it.
    case journal(Core.Input)
    case listen(ClientPort, Configuration.Endpoint, unsentLimit: Int)
    case connect(ConnectionID, Configuration.Endpoint, unsentLimit: Int)
    case send(ConnectionID, [UInt8])
    /// Close the connection after what was sent to it is out.
    case close(ConnectionID)
    case lookUp(LookupID, CallerID)
    case save(ContactRecord)
    /// A gap that began, or how it ended: stored under its beginning.
    case saveGap(SwitchID, Gap)
    /// A row of a quarter-hour: new, or the same row again as long as it is provisional. Stored under its key.
    case saveInterval(SwitchID, IntervalRow)
    case post(Delivery)
    /// What is sent to this client from here on waits until the journal has what came so far, because it acknowledges
    /// that.
    case sendAfterJournal(ConnectionID)
    /// What is sent to this client from here on may wait until the others have theirs, some milliseconds: it is one of
    /// perhaps a thousand readers of one stream, and a screen pop must not wait behind all of them.
    case patient(ConnectionID)
    /// A client asks what was known at an earlier moment: read the journal, off the loop, and report it by
    /// ``Edges/Input/lookedBack(_:_:)``. One at a time.
    case lookBack(ConnectionID, UnixTime)
    /// Nobody waits for that answer any more: stop reading. Nothing needs to be reported.
    case stopLookingBack(ConnectionID)
    /// A client asks for figures of today: take the question at once, answer it off the loop, and report
    /// ``LookBack/answered(_:)``. One at a time.
    case answer(ConnectionID)
    /// About people: passwords, sessions, the audit.
    case access(AccessEffect)
    case log(LogLine)

    /// A message for another system; the world signs and sends it.
    public struct Delivery: Equatable, Sendable {
        /// The name of the receiver in the configuration.
        public var target: String
        /// The same in every attempt.
        public var id: String
        /// JSON: `{"type","timestamp","data"}`.
        public var body: [UInt8]

        public init(target: String, id: String, body: [UInt8]) {
            self.target = target
            self.id = id
            self.body = body
        }
    }
}
