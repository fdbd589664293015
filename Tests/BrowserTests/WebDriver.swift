import Foundation

/// One exchange of the WebDriver protocol: JSON over HTTP/1.1, one connection each.
///
/// Foundation's URLSession fails on chromedriver's answers ("Failed writing header"): their header fields have no space
/// after the colon.
enum WebDriver {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }
    private struct Answer<Value: Decodable>: Decodable {
        var value: Value
    }
    private struct Fault: Decodable {
        var error: String
        var message: String
    }
    struct Nothing: Decodable {
        init(from decoder: any Decoder) {}
    }

    /// `body` is what `JSONSerialization` accepts. A condition in a page may take minutes, so nothing here runs on
    /// the tests' own threads.
    static func ask<Value: Decodable>(_ method: String, port: UInt16, _ path: String, _ body: [String: Any]? = nil)
        async throws -> Value
    {
        let content = try body.map { try JSONSerialization.data(withJSONObject: $0) } ?? Data()
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\nContent-Length: \(content.count)\r\n\r\n"
        let request = [UInt8](head.utf8) + content
        let (status, answer) = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try exchange(request, port: port) }) }
        }
        guard status == 200 else {
            let fault = try? JSONDecoder().decode(Answer<Fault>.self, from: answer).value
            throw Failure(
                description: fault.map { "\($0.error): \($0.message)" } ?? String(decoding: answer, as: UTF8.self))
        }
        return try JSONDecoder().decode(Answer<Value>.self, from: answer).value
    }

    private static func exchange(_ request: [UInt8], port: UInt16) throws -> (status: Int, body: Data) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "No socket: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            throw Failure(description: "chromedriver does not listen on \(port): \(String(cString: strerror(errno)))")
        }
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else {
                throw Failure(description: "chromedriver takes no more: \(String(cString: strerror(errno)))")
            }
            sent += count
        }
        var received = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let answer = complete(received) { return answer }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw Failure(description: "chromedriver closed the connection within its answer.") }
            received += buffer[..<count]
        }
    }

    /// The status and the body, once `received` has all of it.
    private static func complete(_ received: Data) -> (status: Int, body: Data)? {
        guard let end = received.range(of: Data("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
        guard let status = head.firstMatch(of: /^HTTP\/1\.1 ([0-9]+)/),
            let length = head.firstMatch(of: /(?i)content-length: *([0-9]+)/),
            let count = Int(length.1), received.count - end.upperBound >= count
        else { return nil }
        return (Int(status.1) ?? 0, received[end.upperBound...].prefix(count))
    }
}
