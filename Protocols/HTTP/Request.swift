/// A complete request: the engine passes on no request whose body has not arrived.
public struct Request: Equatable, Sendable {
    /// As sent, e.g. `GET`. The router decides which methods a path has (405).
    public var method: String
    /// Percent-decoded once, without the query. It begins with `/`, or is `*` for the server as a whole. It never
    /// contains control characters.
    public var path: String
    public var query: Query
    public var headers: Headers
    public var body: [UInt8]
    /// Whether the visitor's own connection is known to be TLS (``SitePolicy/isSecure(_:)``).
    public var isSecure = false

    public init(method: String, path: String, query: Query = Query(), headers: Headers = Headers(), body: [UInt8] = [])
    {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }
}

/// The part of a request's target after `?`, read as `application/x-www-form-urlencoded`: `&` separates items, `+` is a
/// blank, then percent-decoding.
public struct Query: Equatable, Sendable {
    public struct Item: Equatable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var items: [Item]

    public init(_ items: [Item] = []) { self.items = items }

    /// The first value of that name; names are compared exactly.
    public func first(_ name: String) -> String? { items.first { $0.name == name }?.value }
}

extension Query: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements.map { Item($0.0, $0.1) }) }
}
