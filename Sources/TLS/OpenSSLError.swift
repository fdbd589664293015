import COpenSSL

/// OpenSSL's queue of errors, which belongs to the thread and not to the call: it must be empty before a call whose
/// errors are to be reported.
enum OpenSSLError {
    /// The newest entry's reason code; 0 without one. Codes from 1000 on are alerts of the peer
    /// (`SSL_AD_REASON_OFFSET`).
    static var lastReason: Int32 { Int32(ERR_GET_REASON(ERR_peek_last_error())) }

    /// The newest entry in OpenSSL's words; the queue is emptied. With `oldest`, the cause: the newest may only say
    /// which part gave up (“PEM lib”).
    static func takeReason(oldest: Bool = false) -> String {
        defer { ERR_clear_error() }
        let code = oldest ? ERR_peek_error() : ERR_peek_last_error()
        if let reason = ERR_reason_error_string(code) { return String(cString: reason) }
        return code == 0 ? "OpenSSL gives no reason" : "OpenSSL's error \(code)"
    }
}
