import Telephony
import Time

/// A phone entered a conference, and may turn out only to listen.
struct Entrance: Codable, Equatable, Sendable {
    var channel: ChannelID
    var entered: Moment
}

// A conference joins those who take part in it. A member who waits there with music, or who joined muted (a supervisor
// who listens), hears or says nothing that would be a conversation: as with `ChanSpy`.
//
// The switch may say so a moment after the member entered. A phone that nobody had rung, which is how a supervisor
// comes, is therefore heard only after ``swapTolerance``, with the moment of its entering.
extension Calls {
    mutating func enteredConference(_ channel: Channel, at now: Moment) {
        let id = channel.id
        channels[id]?.isSilent = channel.isSilent == true
        guard let record = channels[id], !record.isSilent, !isPlacing, record.snapshot.kind == .phone, record.isFree,
            record.dialled == nil
        else { return }
        channels[id]?.entered = now
        entrances.append(
            Entrance(channel: id, entered: now), due: heardAt + Self.swapTolerance,
            byEvent: now.uptime + Self.swapTolerance)
    }

    /// Nothing has said that the phone only listens.
    mutating func decide(_ entrance: Entrance) {
        let id = entrance.channel
        guard channels[id]?.entered == entrance.entered else { return }
        channels[id]?.entered = nil
        partChanged(id, at: entrance.entered)
    }

    mutating func silenced(_ id: ChannelID, _ isSilent: Bool, at now: Moment) {
        guard let record = channels[id], record.isSilent != isSilent else { return }
        channels[id]?.isSilent = isSilent
        // Silent from the first: it never took part.
        if isSilent, record.entered != nil { channels[id]?.entered = nil } else { partChanged(id, at: now) }
    }

    /// The channel begins or ceases to take part in its conference.
    private mutating func partChanged(_ id: ChannelID, at now: Moment) {
        guard let bridge = channels[id]?.bridge, let members = bridges[bridge]?.members.count else { return }
        if members > Self.crowd {
            crowdChanged(by: [id], reached(from: id), at: now)
        } else {
            voicesChanged(around: [id], at: now)
        }
    }
}
