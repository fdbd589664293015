import COpenSSL
import Glibc

/// What a certificate says about itself, for people. A stranger wrote it: every text is truncated and has no control
/// characters.
public struct Certificate: Equatable, Sendable {
    /// E.g. `CN = pbx.example, O = Example`.
    public var subject: String
    public var issuer: String
    /// The DNS names and IP addresses that it was issued for (`subjectAltName`); at most ten are read.
    public var names: [String]
    /// Like `2026-11-23 06:00 UTC`.
    public var notBefore: String
    public var notAfter: String
    /// ``notAfter`` in seconds since 1970; nil where the date cannot be read.
    public var expires: Int64?

    public init(
        subject: String, issuer: String, names: [String], notBefore: String, notAfter: String, expires: Int64? = nil
    ) {
        self.subject = subject
        self.issuer = issuer
        self.names = names
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.expires = expires
    }

    init(_ certificate: OpaquePointer) {
        subject = Self.text(X509_get_subject_name(certificate))
        issuer = Self.text(X509_get_issuer_name(certificate))
        names = Self.alternativeNames(certificate)
        notBefore = Self.text(X509_get0_notBefore(certificate))
        notAfter = Self.text(X509_get0_notAfter(certificate))
        var parts = tm()
        if let end = X509_get0_notAfter(certificate), ASN1_TIME_to_tm(end, &parts) == 1 {
            expires = Int64(timegm(&parts))
        }
    }

    private static func text(_ name: OpaquePointer?) -> String {
        guard let name, let memory = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(memory) }
        X509_NAME_print_ex(memory, name, 0, shim_XN_FLAG_ONELINE_UTF8)
        var bytes = [UInt8](repeating: 0, count: Limits.certificateText)
        let count = BIO_read(memory, &bytes, Int32(bytes.count))
        return count > 0 ? printable(bytes[..<Int(count)]) : ""
    }

    private static func text(_ time: UnsafePointer<ASN1_TIME>?) -> String {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return "an unreadable date" }
        func padded(_ number: Int32) -> String { (number < 10 ? "0" : "") + "\(number)" }
        return
            "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday)) \(padded(parts.tm_hour)):\(padded(parts.tm_min)) UTC"
    }

    private static func alternativeNames(_ certificate: OpaquePointer) -> [String] {
        guard let names = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil).map(OpaquePointer.init) else {
            return []
        }
        defer { GENERAL_NAMES_free(names) }
        return (0..<max(0, shim_sk_GENERAL_NAME_num(names))).lazy.compactMap { index -> String? in
            guard let name = shim_sk_GENERAL_NAME_value(names, index) else { return nil }
            switch name.pointee.type {
            case GEN_DNS: return printable(bytes(name.pointee.d.dNSName))
            case GEN_IPADD: return address(bytes(name.pointee.d.iPAddress))
            default: return nil
            }
        }.prefix(Limits.certificateNames).map { $0 }
    }

    private static func bytes(_ string: UnsafePointer<ASN1_STRING>?) -> ArraySlice<UInt8> {
        guard let string, let data = ASN1_STRING_get0_data(string) else { return [] }
        return Array(
            UnsafeBufferPointer(start: data, count: min(Limits.certificateText, Int(ASN1_STRING_length(string)))))[...]
    }

    private static func address(_ bytes: ArraySlice<UInt8>) -> String? {
        let family = bytes.count == 4 ? AF_INET : bytes.count == 16 ? AF_INET6 : nil
        guard let family else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let result = Array(bytes).withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
        return result.map { String(cString: $0) }
    }
}

/// A stranger's bytes as text that can stand in one line of a log.
func printable(_ bytes: ArraySlice<UInt8>) -> String {
    String(
        String(decoding: bytes, as: UTF8.self).unicodeScalars.map {
            $0.properties.generalCategory.isShown ? Character($0) : "·"
        })
}

extension Unicode.GeneralCategory {
    fileprivate var isShown: Bool {
        switch self {
        // Controls and invisible marks; a bidirectional override would reverse a line of a log.
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
