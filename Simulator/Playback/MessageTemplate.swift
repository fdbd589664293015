import AMI

/// A recorded message with the places that must change whenever it is played again: a real switch never gives an
/// identifier twice, and its times are times of today. Everything that is replaced keeps its width, so that playing is
/// a copy and some digits.
struct MessageTemplate: Equatable, Sendable {
    private struct Place: Equatable, Sendable {
        enum Kind: Equatable, Sendable {
            /// Ten digits: seconds since 1970.
            case epoch
            /// `1795402407.614349`.
            case timestamp
            /// The first eight hexadecimal digits of a UUID.
            case uuid
        }
        var offset: Int
        var kind: Kind
        var recorded: Int64
    }

    private(set) var bytes: [UInt8] = []
    private var places: [Place] = []
    /// The whole header line with the recorder's ActionID, which becomes the asker's.
    private var actionID: Range<Int>?
    /// The epochs in identifiers of channels, which must be new at each playing.
    private(set) var identifierEpochs: [Int64] = []

    init(_ message: Message) {
        for index in 0..<message.count { append(message.name(at: index), message.bytes(at: index)) }
        end()
    }

    init() {}

    mutating func append(_ name: String, _ value: ArraySlice<UInt8>) {
        let lineStart = bytes.count
        bytes += name.utf8
        bytes += ": ".utf8
        let valueStart = bytes.count
        bytes += value
        bytes += "\r\n".utf8
        switch name.lowercased() {
        case "actionid": if actionID == nil { actionID = lineStart..<bytes.count }
        case "lastcall", "lastpause", "logintime":
            if let epoch = Self.number(value, digits: 10), value.count == 10 {
                places.append(Place(offset: valueStart, kind: .epoch, recorded: epoch))
            }
        case "timestamp":
            if value.count == 17, let seconds = Self.number(value, digits: 10),
                let fraction = Self.number(value.dropFirst(11), digits: 6)
            {
                places.append(Place(offset: valueStart, kind: .timestamp, recorded: seconds * 1_000_000 + fraction))
            }
        case let lowercased where lowercased.hasSuffix("bridgeuniqueid") || lowercased == "bridgeid":
            if value.count == 36, let first = UInt32(String(decoding: value.prefix(8), as: UTF8.self), radix: 16) {
                places.append(Place(offset: valueStart, kind: .uuid, recorded: Int64(first)))
            }
        case let lowercased where lowercased.hasSuffix("niqueid") || lowercased.hasSuffix("inkedid"):
            // `1795402101.89`, or `pbx-roma-1795402101.89` of a switch with a systemname.
            let start = value.lastIndex(of: UInt8(ascii: "-")).map { $0 + 1 } ?? value.startIndex
            let identifier = value[start...]
            if identifier.count > 11, identifier[start + 10] == UInt8(ascii: "."),
                let epoch = Self.number(identifier, digits: 10)
            {
                places.append(Place(offset: valueStart + start - value.startIndex, kind: .epoch, recorded: epoch))
                identifierEpochs.append(epoch)
            }
        default: break
        }
    }

    mutating func append(_ name: String, _ value: String) { append(name, Array(value.utf8)[...]) }

    mutating func end() { bytes += "\r\n".utf8 }

    /// The message as a switch would send it in this playing.
    func played(_ playing: Playing) -> [UInt8] {
        var result = bytes
        for place in places {
            switch place.kind {
            case .epoch: Self.write(playing.epoch(place.recorded), digits: 10, radix: 10, at: place.offset, &result)
            case .timestamp:
                let microseconds = playing.microseconds(place.recorded)
                Self.write(microseconds / 1_000_000, digits: 10, radix: 10, at: place.offset, &result)
                Self.write(microseconds % 1_000_000, digits: 6, radix: 10, at: place.offset + 11, &result)
            case .uuid:
                let shifted = UInt32(truncatingIfNeeded: place.recorded) ^ playing.number
                Self.write(Int64(shifted), digits: 8, radix: 16, at: place.offset, &result)
            }
        }
        return result
    }

    /// The same as part of an answer: with the asker's ActionID, or without one if it had none.
    func played(_ playing: Playing, to id: ArraySlice<UInt8>?) -> [UInt8] {
        var result = played(playing)
        if let actionID {
            result.replaceSubrange(actionID, with: id.map { Array("ActionID: ".utf8) + $0 + Array("\r\n".utf8) } ?? [])
        }
        return result
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func number(_ value: ArraySlice<UInt8>, digits: Int) -> Int64? {
        value.count < digits ? nil : parseInteger(value.prefix(digits)).flatMap { $0 < 0 ? nil : Int64($0) }
    }

    private static func write(_ value: Int64, digits: Int, radix: Int64, at offset: Int, _ bytes: inout [UInt8]) {
        var rest = value
        for index in stride(from: offset + digits - 1, through: offset, by: -1) {
            bytes[index] = Self.digits[Int(rest % radix)]
            rest /= radix
        }
    }
}

/// One time that a recording is played: where its times and identifiers are moved to.
struct Playing: Equatable, Sendable {
    /// Counts all playings, from 0.
    var number: UInt32 = 0
    /// The second since 1970 at which the recording was begun, and the one that now takes its place.
    var recordedEpoch: Int64 = 0
    var playedEpoch: Int64 = 0
    var speed = 1.0

    func epoch(_ recorded: Int64) -> Int64 { microseconds(recorded * 1_000_000) / 1_000_000 }

    /// What came before the recording keeps its distance; what is in it is as far away as it is played. Never negative,
    /// never over ten digits.
    func microseconds(_ recorded: Int64) -> Int64 {
        let distance = recorded - recordedEpoch * 1_000_000
        let played = distance < 0 ? distance : Int64((Double(distance) / speed).rounded(.down))
        return min(max(0, playedEpoch * 1_000_000 + played), 9_999_999_999_999_999)
    }
}
