import AMI
import Telephony

/// Reads a message's headers in about their order, and makes text of those that are names.
struct EventReader {
    private var headers: HeaderReader
    /// The translator's names, which are taken out of it while a message is read.
    private(set) var names: NameCache<String>

    init(_ message: Message, _ names: inout NameCache<String>) {
        headers = HeaderReader(message)
        self.names = NameCache()
        swap(&self.names, &names)
    }

    /// Gives the names back, with those that were new.
    mutating func end(_ names: inout NameCache<String>) { swap(&self.names, &names) }

    mutating func bytes(_ name: StaticString) -> ArraySlice<UInt8>? { headers.bytes(name) }
    mutating func text(_ name: StaticString) -> String { headers.text(name) }
    mutating func number(_ name: StaticString) -> Int? { headers.number(name) }

    /// A value that names something: bytes that are not UTF-8 stay distinct. Empty if there is no such header.
    mutating func name(_ name: StaticString) -> String {
        headers.index(of: name).map { self.name(at: $0) } ?? ""
    }

    /// Any other value, bounded in length: no longer text passes.
    mutating func bounded(_ name: StaticString) -> String {
        guard let index = headers.index(of: name) else { return "" }
        return known(at: index) ?? remembered(String(boundedText: message.bytes(at: index)), index)
    }

    /// nil if there is no such header.
    mutating func channel(_ name: StaticString) -> ChannelID? {
        headers.index(of: name).map { ChannelID(self.name(at: $0)) }
    }

    mutating func name(at index: Int) -> String {
        known(at: index) ?? remembered(String(name: message.bytes(at: index)), index)
    }

    private var message: Message { headers.message }

    private func known(at index: Int) -> String? {
        message.withBytes(at: index) { $0.isEmpty ? "" : names.value(of: $0) }
    }

    /// Remembers the text if it is the bytes themselves. Then it is the same whether they are read as a name or as
    /// another value.
    private mutating func remembered(_ text: String, _ index: Int) -> String {
        if text.isPlain, message.withBytes(at: index, { text.isIdentical(to: $0) }) { names.remember(text) }
        return text
    }
}
