import Telephony
import Time

/// What is known of one of the switch's channels while it lives.
struct ChannelRecord: Codable, Equatable, Sendable {
    var snapshot: Channel
    var created: Moment
    /// We saw it being created; otherwise we came in the middle.
    var isWhole = false
    /// A list named it first, after a gap: when it began to ring, and for whom, was not reported.
    var isListed = false
    /// The other half of a Local channel.
    var partner: ChannelID?
    /// The channel that had this one dialled.
    var dialler: ChannelID?
    /// The channel that had it dialled before: the phone rings on, for somebody else.
    var diallerBefore: ChannelID?
    /// The channels that this one has had dialled, and that are still there.
    var dials: [ChannelID] = []
    /// The phones' channels that the switch made for this one's call.
    var made: [ChannelID] = []
    /// Since when it has been rung.
    var dialled: Moment?
    var answered: Moment?
    /// It has talked with a customer: what it was rung for is done.
    var hasTalked = false
    var bridge: BridgeID?
    /// When the party on the line asked to end it.
    var peerHangup: Moment?
    /// The device was busy, or refused the call.
    var isBusy = false
    /// The queue to which the dial plan sent it last.
    var triedQueue: QueueName?
    /// The switch asked to end it.
    var switchHangup = false
    /// The contact on whose customer's side this channel is.
    var contact: ContactKey?
    /// The contacts for which this is an agent's leg: more than one in a conference.
    var legs: [ContactKey] = []
    var isSpy = false
    /// It is in a conference and takes no part in it.
    var isSilent = false
    /// When it entered a conference, while it is not known whether it takes part.
    var entered: Moment?
    /// It stands in a queue for the caller of this contact.
    var standsFor: ContactKey?
    /// The outbound contact for which this phone calls.
    var calls: ContactKey?
    /// A line that rings beside a colleague's phone: it is an outbound call only if it answers.
    var isOutboundIfAnswered = false
    /// It took a ringing or a parked call.
    var took: AgentLeg.Via?

    /// Neither a customer's nor an agent's, as far as is known.
    var isFree: Bool { legs.isEmpty && contact == nil }
    /// It was up before this moment, or for somebody else: its ringing does not belong to what comes now.
    func isUp(before arrived: Moment) -> Bool {
        hasTalked || answered.map { $0.uptime < arrived.uptime } == true
    }
    /// Somebody asked to end it.
    var isHangingUp: Bool { peerHangup != nil || switchHangup }
}
