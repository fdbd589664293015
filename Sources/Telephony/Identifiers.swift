/// Names given by a switch. They look alike and mean different things, so each has its own type; all compare by bytes. Encoded as their text, also
/// as keys: a dictionary by them is a JSON object.
public protocol Identifier: RawRepresentable, Hashable, Comparable, Codable, CodingKeyRepresentable, Sendable, CustomStringConvertible
where RawValue == String {
    init(_ rawValue: String)
}

extension Identifier {
    public init(rawValue: String) { self.init(rawValue) }
    public var description: String { rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The name of a switch in our configuration. Everything a switch says is keyed by it first: Uniqueids of two switches may be equal.
public struct SwitchID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// Asterisk's `Uniqueid`: one leg of a call (CSTA: connection), e.g. `1598887681.60`. Never parse it: `systemname` prefixes it.
public struct ChannelID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// Asterisk's `Linkedid`, near to CSTA's callID: shared by the legs of one conversation. It may change in the middle of a call.
public struct CallID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// Asterisk's `BridgeUniqueid`: where channels hear each other.
public struct BridgeID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

public struct QueueName: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The device that a queue rings for an agent, e.g. `PJSIP/1001`: what a switch knows an agent by.
public struct Interface: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// An agent as a switch names one: the device that is rung and the member's name (`MemberName`; the interface where there is none).
public struct AgentRef: Hashable, Codable, Sendable {
    public var interface: Interface
    public var name: String

    public init(interface: Interface, name: String) {
        self.interface = interface
        self.name = name
    }
}

/// Id of a contact record: a ULID, so that ids sort by time of arrival. 26 characters of Crockford's base 32.
public struct ContactID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }

    /// 48 bits of Unix milliseconds and 80 random bits (github.com/ulid/spec).
    public init(at date: UnixTime, using generator: inout some RandomNumberGenerator) {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
        let milliseconds = UInt64(max(0, date.microseconds / 1000))
        var characters: [UInt8] = []
        for position in stride(from: 45, through: 0, by: -5) { characters.append(alphabet[Int((milliseconds >> UInt64(position)) & 31)]) }
        let high = generator.next()
        let low = generator.next()
        for position in 0..<8 { characters.append(alphabet[Int((high >> UInt64(position * 5)) & 31)]) }
        for position in 0..<8 { characters.append(alphabet[Int((low >> UInt64(position * 5)) & 31)]) }
        self.init(String(decoding: characters, as: UTF8.self))
    }
}

/// A small, well-mixed generator whose whole state is its seed (Steele, Lea & Flood 2014): ids and jitter can be replayed.
public struct SplitMix64: RandomNumberGenerator, Codable, Equatable, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
