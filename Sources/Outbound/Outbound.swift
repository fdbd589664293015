import Ccurl
import EventLoop

/// Posts to other systems' HTTP servers (webhooks, CRMs) with libcurl, on the event loop.
///
/// Only `http` and `https`; certificates are verified; proxies come from the environment (`https_proxy`, `no_proxy`).
/// Redirects are not followed: a redirect is an answer of status 3xx, and the person who configured the URL should
/// know where it leads.
@LoopActor
public final class Outbound {
    public struct Answer: Equatable, Sendable {
        public var status: Int
        public var body: [UInt8]

        public init(status: Int, body: [UInt8]) {
            self.status = status
            self.body = body
        }
    }

    public typealias Completion = @LoopActor (Result<Answer, OutboundError>) -> Void

    private let multi: UnsafeMutableRawPointer
    private var timer: Timer?
    private var sockets: [curl_socket_t: DescriptorWatcher] = [:]
    private var running: [UnsafeMutableRawPointer: Transfer] = [:]
    private var waiting: ArraySlice<Transfer> = []
    private var isClosed = false

    public init() {
        precondition(curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK, "libcurl could not start")
        guard let multi = curl_multi_init() else { preconditionFailure("no memory for libcurl") }
        self.multi = multi
        timer = Timer { [unowned self] in act(on: -1, 0) }
        let owner = Unmanaged.passUnretained(self).toOpaque()
        _ = centralino_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, owner)
        _ = centralino_multi_set_pointer(multi, CURLMOPT_TIMERDATA, owner)
        _ = centralino_multi_set_socket_function(multi) { _, socket, what, owner, _ in
            Unmanaged<Outbound>.fromOpaque(owner!).takeUnretainedValue().wait(socket, for: what)
            return 0
        }
        _ = centralino_multi_set_timer_function(multi) { _, milliseconds, owner in
            Unmanaged<Outbound>.fromOpaque(owner!).takeUnretainedValue().setTimer(milliseconds)
            return 0
        }
    }

    isolated deinit { close() }

    /// Posts `body`.
    ///
    /// - Parameters:
    ///   - url: absolute, `http` or `https`.
    ///   - headers: `Content-Type` and others; libcurl sets those of the transfer itself (`Host`, `Content-Length`).
    ///   - timeoutMicroseconds: for the whole transfer, from the moment it is sent (not while it waits for its turn).
    ///   - completion: called once, from the loop, never from within this call.
    public func post(
        url: String, headers: [(name: String, value: String)] = [], body: [UInt8], timeoutMicroseconds: Int64,
        completion: @escaping Completion
    ) {
        if isClosed { return refuse(.closed, completion) }
        guard Self.isUsable(url: url) else { return refuse(.unusableURL(url), completion) }
        if let header = headers.first(where: { !Self.isUsable($0) }) {
            return refuse(.unusableHeader(name: header.name), completion)
        }
        guard waiting.count < Limits.requestsWaiting else {
            return refuse(.tooManyWaiting(limit: Limits.requestsWaiting), completion)
        }
        waiting.append(
            Transfer(
                url: url, headers: headers, body: body, timeoutMicroseconds: timeoutMicroseconds, completion: completion
            ))
        // Later, because libcurl may fail at once, and the completion must not be called from within this call.
        EventLoop.post { self.startWaiting() }
    }

    /// Gives up what is under way or waits; the completions are called with ``OutboundError/closed``, from within
    /// this call. Close before the loop stops: a loop that ends does not notify libcurl.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        let unanswered = running.values.sorted { $0.number < $1.number } + waiting
        for transfer in running.values { curl_multi_remove_handle(multi, transfer.easy) }
        running = [:]
        waiting = []
        for watcher in sockets.values { watcher.close() }
        sockets = [:]
        timer = nil
        // It closes the connections that were kept open, and would ask us to stop watching them.
        _ = centralino_multi_set_socket_function(multi, nil)
        _ = centralino_multi_set_timer_function(multi, nil)
        curl_multi_cleanup(multi)
        for transfer in unanswered { transfer.completion(.failure(.closed)) }
    }

    private func refuse(_ error: OutboundError, _ completion: @escaping Completion) {
        EventLoop.post { completion(.failure(error)) }
    }

    private static func isUsable(url: String) -> Bool {
        let lower = url.prefix(8).lowercased()
        return (lower.hasPrefix("http://") || lower == "https://") && url.utf8.allSatisfy { (33...126).contains($0) }
    }

    private static func isUsable(_ header: (name: String, value: String)) -> Bool {
        !header.name.isEmpty && header.name.utf8.allSatisfy { (33...126).contains($0) && $0 != UInt8(ascii: ":") }
            && header.value.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
    }

    private func startWaiting() {
        while !isClosed, running.count < Limits.requestsAtOnce, let transfer = waiting.popFirst() {
            transfer.prepare()
            running[transfer.easy] = transfer
            // This only requests a timer at once; everything else follows from there.
            curl_multi_add_handle(multi, transfer.easy)
        }
    }

    /// libcurl asks us to watch a socket.
    private func wait(_ socket: curl_socket_t, for what: Int32) {
        guard what != CURL_POLL_REMOVE else {
            sockets.removeValue(forKey: socket)?.close()
            return
        }
        if sockets[socket] == nil {
            // Without a watcher (no descriptor is free) the request ends by its time limit.
            sockets[socket] = try? DescriptorWatcher(descriptor: socket) { [unowned self] readiness in
                var flags: Int32 = 0
                if readiness.contains(.readable) { flags |= CURL_CSELECT_IN }
                if readiness.contains(.writable) { flags |= CURL_CSELECT_OUT }
                if readiness.contains(.failed) { flags |= CURL_CSELECT_ERR }
                act(on: socket, flags)
            }
        }
        var readiness: DescriptorWatcher.Readiness = []
        if what & CURL_POLL_IN != 0 { readiness.insert(.readable) }
        if what & CURL_POLL_OUT != 0 { readiness.insert(.writable) }
        sockets[socket]?.wait(for: readiness)
    }

    /// libcurl asks to be called after this time; -1: not at all.
    private func setTimer(_ milliseconds: Int) {
        if milliseconds < 0 { timer?.cancel() } else { timer?.start(afterMicroseconds: Int64(milliseconds) * 1000) }
    }

    /// Lets libcurl work on a socket or, with -1 (`CURL_SOCKET_TIMEOUT`), on what is due.
    private func act(on socket: curl_socket_t, _ flags: Int32) {
        guard !isClosed else { return }
        var count: Int32 = 0
        curl_multi_socket_action(multi, socket, flags, &count)
        var left: Int32 = 0
        while !isClosed, let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = centralino_message_result(message)
            let transfer = running.removeValue(forKey: easy)
            curl_multi_remove_handle(multi, easy)
            if let transfer { transfer.completion(transfer.result(code)) }
        }
        startWaiting()
    }
}
