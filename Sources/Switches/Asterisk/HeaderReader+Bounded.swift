import AMI
import Telephony

extension HeaderReader {
    /// A value that names something: bytes that are not UTF-8 stay distinct. Empty if there is no such header.
    mutating func name(_ name: StaticString) -> String { bytes(name).map { String(name: $0) } ?? "" }

    /// Any other value. Nothing that is longer comes past here.
    mutating func bounded(_ name: StaticString) -> String {
        bytes(name).map { String(boundedText: $0) } ?? ""
    }
}
