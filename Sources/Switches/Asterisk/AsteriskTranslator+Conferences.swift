import AMI
import Telephony

// Rooms in which many meet: ConfBridge, which is a bridge, and MeetMe, which is none and has events of its own (up to
// Asterisk 20).
//
// Not every member takes part. One who waits for a marked member hears music instead of the others, and one who joined
// muted only listens. `ConfbridgeJoin` and `MusicOnHoldStart` come before or after `BridgeEnter`: the joining is
// published by another thread. A member who is muted later has taken part before, and still does: telephones are muted
// without any event.
extension AsteriskTranslator {
    /// What has to be remembered of channels that are, or may come to be, in a conference.
    struct Conferences: Codable, Equatable {
        /// In a conference now.
        var members: Set<ChannelID> = []
        /// They hear music, wherever they are.
        var music: Set<ChannelID> = []
        /// They joined muted.
        var muted: Set<ChannelID> = []

        func isSilent(_ id: ChannelID) -> Bool { music.contains(id) || muted.contains(id) }

        mutating func forget(_ id: ChannelID) {
            members.remove(id)
            music.remove(id)
            muted.remove(id)
        }
    }

    /// A MeetMe room among the bridges. A bridge of Asterisk's is named by a UUID.
    ///
    /// - Parameter data: what `MeetMe()` was called with: the room, and options after a comma.
    static func room(of data: String) -> String {
        let room = data.prefix { $0 != "," }
        return room.isEmpty ? "" : "meetme:" + room
    }

    mutating func conferenceEvent(_ name: EventName, _ headers: inout EventReader) -> SwitchEvent? {
        switch name {
        case .musicOnHoldStart: return music(&headers, begins: true)
        case .musicOnHoldStop: return music(&headers, begins: false)
        case .confbridgeJoin:
            let id = channel(&headers)
            guard headers.bounded("Muted") == "Yes", memory.conferences.muted.count < Limits.silencedChannels else {
                return nil
            }
            memory.conferences.muted.insert(id)
            return memory.conferences.members.contains(id) ? .silenced(id, true) : nil
        case .confbridgeUnmute:
            let id = channel(&headers)
            guard memory.conferences.muted.remove(id) != nil, memory.conferences.members.contains(id) else {
                return nil
            }
            return .silenced(id, memory.conferences.isSilent(id))
        case .meetmeJoin:
            let channel = snapshot(&headers, .own)
            return .bridgeEntered(BridgeID(Self.room(of: headers.name("Meetme"))), .conference, channel, replacing: nil)
        case .meetmeLeave:
            let id = channel(&headers)
            return .bridgeLeft(BridgeID(Self.room(of: headers.name("Meetme"))), id)
        default: return nil
        }
    }

    private mutating func music(_ headers: inout EventReader, begins: Bool) -> SwitchEvent? {
        let id = channel(&headers)
        if !begins {
            memory.conferences.music.remove(id)
        } else if memory.conferences.music.count < Limits.silencedChannels {
            memory.conferences.music.insert(id)
        }
        return memory.conferences.members.contains(id) ? .silenced(id, memory.conferences.isSilent(id)) : nil
    }

    /// Follows who is in a conference. Returns the event, with what is known of the channel that enters one.
    mutating func followed(_ event: SwitchEvent) -> SwitchEvent {
        switch event {
        case .bridgeEntered(let bridge, .conference, var channel, let replacing):
            if memory.conferences.members.count < Limits.silencedChannels {
                memory.conferences.members.insert(channel.id)
            }
            if memory.conferences.isSilent(channel.id) { channel.isSilent = true }
            return .bridgeEntered(bridge, .conference, channel, replacing: replacing)
        case .bridgeLeft(_, let id):
            if memory.conferences.members.remove(id) != nil { memory.conferences.muted.remove(id) }
        case .channelEnded(let id, _): memory.conferences.forget(id)
        default: break
        }
        return event
    }
}
