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
        guard let bytes = headers.bytes(name) else { return "" }
        return self.name(of: bytes)
    }

    /// Any other value, bounded in length: no longer text passes.
    mutating func bounded(_ name: StaticString) -> String {
        guard let bytes = headers.bytes(name) else { return "" }
        return known(bytes) ?? remembered(String(boundedText: bytes), bytes)
    }

    /// nil if there is no such header.
    mutating func channel(_ name: StaticString) -> ChannelID? {
        headers.bytes(name).map { ChannelID(self.name(of: $0)) }
    }

    private mutating func name(of bytes: ArraySlice<UInt8>) -> String {
        known(bytes) ?? remembered(String(name: bytes), bytes)
    }

    private func known(_ bytes: ArraySlice<UInt8>) -> String? {
        guard !bytes.isEmpty else { return "" }
        return bytes.withUnsafeBufferPointer { names.value(of: $0) }
    }

    /// Remembers the text if it is the bytes themselves. Then it is the same whether they are read as a name or as
    /// another value.
    private mutating func remembered(_ text: String, _ bytes: ArraySlice<UInt8>) -> String {
        if text.isPlain, bytes.withUnsafeBufferPointer({ text.hasBytes($0) }) { names.remember(text) }
        return text
    }
}
