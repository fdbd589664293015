import Ccurl
import EventLoop

/// One request under way, and the libcurl handle that performs it.
@LoopActor
final class Transfer {
    nonisolated(unsafe) let easy: UnsafeMutableRawPointer
    let completion: Outbound.Completion
    /// Its place in the order in which the requests came.
    let number: Int

    private static var count = 0
    private let url: String
    private let headers: [(name: String, value: String)]
    private let body: [UInt8]
    private let timeoutMicroseconds: Int64
    private var answer: [UInt8] = []
    private var isTooLong = false
    private nonisolated(unsafe) var list: UnsafeMutablePointer<curl_slist>?

    init(
        url: String, headers: [(name: String, value: String)], body: [UInt8], timeoutMicroseconds: Int64,
        completion: @escaping Outbound.Completion
    ) {
        guard let easy = curl_easy_init() else { preconditionFailure("no memory for libcurl") }
        self.easy = easy
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutMicroseconds = timeoutMicroseconds
        self.completion = completion
        Self.count += 1
        number = Self.count
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(list)
    }

    func prepare() {
        // libcurl copies texts, but not the list of headers.
        set(CURLOPT_URL, url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        // libcurl's own time limits must not use SIGALRM, because the program has other things to do.
        set(CURLOPT_NOSIGNAL, 1)
        set(
            CURLOPT_TIMEOUT_MS,
            Int(clamping: max(1, min(timeoutMicroseconds / 1000, Outbound.Limits.longestTimeoutMilliseconds))))
        set(CURLOPT_POST, 1)
        _ = centralino_easy_set_large(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        _ = body.withUnsafeBytes {
            centralino_easy_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress ?? UnsafeRawPointer(easy))
        }
        // Without "100 Continue": it costs a round trip, and some servers never answer it.
        for line in ["Expect:"] + headers.map({ $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }) {
            list = curl_slist_append(list, line)
        }
        _ = centralino_easy_set_pointer(easy, CURLOPT_HTTPHEADER, list)
        _ = centralino_easy_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
        _ = centralino_easy_set_writer(easy) { bytes, size, count, owner in
            Unmanaged<Transfer>.fromOpaque(owner!).takeUnretainedValue().received(
                UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
    }

    /// Returns how many bytes were accepted; fewer than given ends the transfer.
    private func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard answer.count + bytes.count <= Outbound.Limits.answerBytes else {
            isTooLong = true
            return 0
        }
        answer.append(contentsOf: bytes)
        return bytes.count
    }

    func result(_ code: CURLcode) -> Result<Outbound.Answer, OutboundError> {
        if isTooLong { return .failure(.answerTooLong(url: url, limitBytes: Outbound.Limits.answerBytes)) }
        switch code {
        case CURLE_OK:
            var status = 0
            _ = centralino_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            return .success(Outbound.Answer(status: status, body: answer))
        case CURLE_OPERATION_TIMEDOUT: return .failure(.timedOut(url: url, afterMicroseconds: timeoutMicroseconds))
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return .failure(.unusableURL(url))
        default:
            return .failure(.failed(url: url, code: code.rawValue, reason: String(cString: curl_easy_strerror(code))))
        }
    }

    private func set(_ option: CURLoption, _ value: Int) { _ = centralino_easy_set_long(easy, option, value) }
    private func set(_ option: CURLoption, _ value: String) { _ = centralino_easy_set_pointer(easy, option, value) }
}
