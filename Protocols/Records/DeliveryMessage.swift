/// The body that is posted to other systems when a contact has ended.
public struct DeliveryMessage: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable { case contactClosed = "contact.closed" }

    public var type: Kind
    /// When the contact ended, RFC 3339.
    public var timestamp: String
    public var data: ContactDocument

    public init(type: Kind = .contactClosed, timestamp: String, data: ContactDocument) {
        self.type = type
        self.timestamp = timestamp
        self.data = data
    }
}
