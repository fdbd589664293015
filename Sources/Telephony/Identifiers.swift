import Time

/// A name given by a switch. Such names look alike and mean different things, so each kind has its own type.
///
/// They compare by bytes, not by Swift's string equality: a name with a composed and one with a decomposed letter look
/// the same, but are two names to a switch. A byte that is not UTF-8 is written as an escape
/// (``Swift/String/init(name:)``). They are encoded as their text, also as keys: a dictionary by them is a JSON object.
public protocol Identifier: Hashable, Comparable, Codable, CodingKeyRepresentable, Sendable, CustomStringConvertible {
    var rawValue: String { get }
    init(_ rawValue: String)
}

extension Identifier {
    /// A name as a person wrote it, perhaps with escaped bytes.
    public init(writtenName text: String) { self.init(String(writtenName: text)) }

    public var description: String { rawValue }
    @inlinable public static func == (left: Self, right: Self) -> Bool { left.rawValue.isIdentical(to: right.rawValue) }
    @inlinable public static func < (left: Self, right: Self) -> Bool {
        left.rawValue.withBytes { bytes in right.rawValue.withBytes { bytes.lexicographicallyPrecedes($0) } }
    }
    @inlinable public func hash(into hasher: inout Hasher) { hasher.combine(_rawHashValue(seed: 0)) }

    /// The hash that a dictionary asks for. The standard library underscores it, but its own integers and strings
    /// implement it, too: without it each access would begin and finish a SipHash (``NameHash``).
    @inlinable public func _rawHashValue(seed: Int) -> Int { rawValue.nameHash(seed: seed) { $0 } }

    public init(from decoder: any Decoder) throws { self.init(try decoder.singleValueContainer().decode(String.self)) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    /// An encoder's keys are Swift strings, which may be equal for two different names. So characters beyond ASCII are
    /// escaped in a key.
    public var codingKey: any CodingKey { NameKey(rawValue.nameAsKey) }
    public init?(codingKey: some CodingKey) { self.init(String(nameOfKey: codingKey.stringValue)) }
}

private struct NameKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// The name of a switch in our configuration. Everything a switch reports is keyed by it first: Uniqueids of two
/// switches may be equal.
public struct SwitchID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// Asterisk's `Uniqueid`: one leg of a call (CSTA: connection), e.g. `1598887681.60`. Never parse it: it may begin with
/// the switch's `systemname`.
public struct ChannelID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// Asterisk's `Linkedid`, close to CSTA's callID: the legs of one conversation share it. It may change in the middle of
/// a call.
public struct CallID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// Asterisk's `BridgeUniqueid`: where channels hear each other.
public struct BridgeID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// A queue's name. Asterisk compares queue names without regard to the case of ASCII letters (`strcasecmp` in
/// `app_queue.c`), and so do we. The text is one of the forms in which the name was written: that of queues.conf, if
/// the switch has reported it.
public struct QueueName: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }

    @inlinable public static func == (left: Self, right: Self) -> Bool {
        guard left.rawValue.utf8.count == right.rawValue.utf8.count else { return false }
        return left.rawValue.withBytes { bytes in
            right.rawValue.withBytes { bytes.isEqual(to: $0) { $0.loweredBytes } }
        }
    }
    @inlinable public static func < (left: Self, right: Self) -> Bool {
        left.rawValue.withBytes { bytes in
            right.rawValue.withBytes { bytes.lexicographicallyPrecedes($0) { $0.lowered < $1.lowered } }
        }
    }
    @inlinable public func _rawHashValue(seed: Int) -> Int { rawValue.nameHash(seed: seed) { $0.loweredBytes } }

    /// Written with the same letters in the same case.
    public func isWritten(like other: Self) -> Bool { rawValue.isIdentical(to: other.rawValue) }
}

/// The device that a queue rings for an agent, e.g. `PJSIP/1001`. A switch knows an agent by it.
public struct Interface: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// An agent's name for people: the switch's `MemberName`, or the name in our configuration.
public struct MemberName: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// An agent as a switch refers to one: the device that is rung and the member's name (`MemberName`, or the interface if
/// there is none).
public struct AgentRef: Hashable, Codable, Sendable {
    public var interface: Interface
    public var name: String

    public init(interface: Interface, name: String) {
        self.interface = interface
        self.name = name
    }

    /// The member has no name of its own: the device's name is used instead.
    public var isNameless: Bool { name.isIdentical(to: interface.rawValue) }

    public static func == (left: Self, right: Self) -> Bool {
        left.interface == right.interface && left.name.isIdentical(to: right.name)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(interface)
        name.hashBytes(into: &hasher)
    }
}

/// The id of a contact record: a ULID, so that ids sort by time of arrival. 26 characters of Crockford's base 32.
public struct ContactID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }

    /// 48 bits of Unix milliseconds and 80 random bits (github.com/ulid/spec).
    public init(at date: UnixTime, using generator: inout some RandomNumberGenerator) {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
        let milliseconds = UInt64(max(0, date.microseconds / 1000))
        var characters: [UInt8] = []
        for position in stride(from: 45, through: 0, by: -5) {
            characters.append(alphabet[Int((milliseconds >> UInt64(position)) & 31)])
        }
        let high = generator.next()
        let low = generator.next()
        for position in 0..<8 { characters.append(alphabet[Int((high >> UInt64(position * 5)) & 31)]) }
        for position in 0..<8 { characters.append(alphabet[Int((low >> UInt64(position * 5)) & 31)]) }
        self.init(String(decoding: characters, as: UTF8.self))
    }
}

/// A small, well-mixed generator whose whole state is its seed (Steele, Lea & Flood 2014). So ids and jitter can be
/// replayed.
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
