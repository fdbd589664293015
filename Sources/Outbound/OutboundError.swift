import Ccurl

/// Why a request got no answer. An answer with any status, also 404 or 503, is an answer.
public enum OutboundError: Error, Equatable, Sendable {
    /// Not an absolute `http` or `https` URL.
    case unusableURL(String)
    /// A header that holds a line feed, a carriage return or a zero byte, or is not `Name: value`.
    case unusableHeader(name: String)
    /// This many requests are waiting already.
    case tooManyWaiting(limit: Int)
    /// The answer's body is longer than the limit.
    case answerTooLong(url: String, limitBytes: Int)
    case timedOut(url: String, afterMicroseconds: Int64)
    /// libcurl's number (`CURLcode`) and words.
    case failed(url: String, code: UInt32, reason: String)
    /// ``Outbound/close()`` was called.
    case closed
}

extension OutboundError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unusableURL(let url):
            "“\(url)” cannot be posted to. Give an absolute URL that begins with http:// or https://."
        case .unusableHeader(let name):
            "The header “\(name)” cannot be sent. A name has no blanks or colons, a value no line ends."
        case .tooManyWaiting(let limit):
            "\(limit) requests wait already, so this one was refused. Check why the receivers are slow."
        case .answerTooLong(let url, let limit):
            "\(url) answered with more than \(limit) bytes. A webhook's answer should be short: check the URL."
        case .timedOut(let url, let microseconds):
            "\(url) did not answer in \(microseconds / 1000) ms. Check that the receiver is up."
        case .failed(let url, let code, let reason):
            "\(url) could not be posted to: \(reason) (curl \(code)). \(Self.remedy(CURLcode(code)))"
        case .closed: "The request was given up because the gateway stops."
        }
    }

    private static func remedy(_ code: CURLcode) -> String {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: "Check the host's name and the DNS servers."
        case CURLE_COULDNT_CONNECT: "Check the port and that the receiver runs."
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
            "Check the receiver's certificate and this machine's ca-certificates."
        default: "Check the receiver."
        }
    }
}
