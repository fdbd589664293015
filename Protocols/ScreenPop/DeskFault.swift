import Wire

/// Why a desk's message cannot be used: the member and what is expected of it, for the desk's developer. It quotes no
/// value.
public struct DeskFault: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
}

extension DeskMessage {
    /// Reads a frame or a line.
    public init(reading json: [UInt8]) throws(DeskFault) {
        if let name = JSON.repeatedMember(in: json) {
            throw DeskFault("The member “\(name)” occurs twice, and it is unknown which is meant. Send it once.")
        }
        do {
            self = try JSON.read(DeskMessage.self, from: json)
        } catch {
            throw DeskFault(reading: error)
        }
    }
}

extension DeskFault {
    fileprivate init(_ fault: String) { description = fault + " The messages are in ScreenPop.md." }

    fileprivate init(reading error: any Error) {
        func name(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
        switch error {
        case let fault as DeskFault: self = fault
        case DecodingError.keyNotFound(let key, let context):
            self.init("The member “\(name(context.codingPath + [key]))” is missing.")
        case DecodingError.typeMismatch(let type, let context), DecodingError.valueNotFound(let type, let context):
            self.init(
                context.codingPath.isEmpty
                    ? "A message is a JSON object."
                    : "The member “\(name(context.codingPath))” must be \(type is String.Type ? "a string" : "a whole number")."
            )
        case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
            self.init("The member “\(name(context.codingPath))” must be a whole number.")
        // Some readers do not say which number is wrong.
        default: self.init("This is not JSON in UTF-8, or a number in it is not a whole number.")
        }
    }

    static func unknownType(_ type: String) -> DeskFault {
        DeskFault(
            "The type “\(type.filter { !$0.isNewline }.prefix(Limits.quotedCharacters))” is unknown; there are hello, pop.ack and wrapUp.done."
        )
    }
}
