/// What a peer may make us hold or show, and why.
enum Limits {
    /// Characters of a subject, an issuer or a name: a line or two of a terminal.
    static let certificateText = 200
    /// Names of one certificate that are read. A certificate of a large provider has hundreds; a person reads the
    /// first.
    static let certificateNames = 10
    /// RFC 1035 §2.3.4: a host name has at most 253 bytes as text.
    static let serverNameBytes = 253
    /// The first bytes of a peer that does not speak TLS, for the error message: a line of text says what it is.
    static let firstBytes = 64
}
