import Foundation
import Recordings
import Testing

/// A small AMI server that sends what a test wants. It greets, admits everybody and has no queues, and only the calls
/// that it is given.
final class ScriptedSwitch: @unchecked Sendable {
    let port: Int
    private let listener: Int32
    private let condition = NSCondition()
    /// What is sent is complete before an answer follows.
    private let writing = NSLock()
    private var client: Int32?
    private var connections = 0
    /// What it lists of bridges and channels, one element each, from `Event: …` on.
    private var items: [String: [String]] = [:]
    private let greeting: @Sendable (_ connection: Int) -> String

    /// `greeting`: the first line by the number of the connection, from 1; an incomplete one is followed by silence.
    init(greeting: @escaping @Sendable (Int) -> String = { _ in "Asterisk Call Manager/11.0.0\r\n" }) throws {
        (listener, port) = try Loopback.listen()
        self.greeting = greeting
        Thread { [self] in
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                Thread { [self] in serve(descriptor) }.start()
            }
        }.start()
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        condition.withLock { if let client { shutdown(client, Int32(SHUT_RDWR)) } }
    }

    /// Sets what exists, by the lowercase name of the list; later requests are answered with it.
    func has(_ items: [String: [String]]) { condition.withLock { self.items = items } }

    /// Sends to the client that is logged in, once there is one.
    func send(_ bytes: some Sequence<UInt8>) throws {
        condition.lock()
        let deadline = Date(timeIntervalSinceNow: Lines.patience)
        while client == nil, condition.wait(until: deadline) {}
        let descriptor = client
        condition.unlock()
        let client = try #require(descriptor, "nobody logged in")
        try writing.withLock { try Loopback.write(bytes, to: client) }
    }

    func send(_ text: String) throws { try send(text.utf8) }

    /// Ends the connection of the client that is logged in.
    func hangUp() {
        condition.withLock {
            if let client { shutdown(client, Int32(SHUT_RDWR)) }
            client = nil
        }
    }

    private func serve(_ descriptor: Int32) {
        defer { close(descriptor) }
        let number = condition.withLock {
            connections += 1
            return connections
        }
        guard (try? Loopback.write(greeting(number).utf8, to: descriptor)) != nil else { return }
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            pending += buffer[..<count]
            while let end = pending.firstRange(of: Array("\r\n\r\n".utf8)) {
                let action = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
                pending.removeSubrange(..<end.upperBound)
                try? writing.withLock { try answer(action, descriptor) }
            }
        }
        condition.withLock { if client == descriptor { client = nil } }
    }

    private func answer(_ action: String, _ descriptor: Int32) throws {
        var headers: [String: String] = [:]
        for line in action.split(separator: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let id = "ActionID: \(headers["actionid"] ?? "")\r\n"
        switch headers["action"]?.lowercased() {
        case "login":
            try Loopback.write(
                "Response: Success\r\n\(id)Message: Authentication accepted\r\n\r\n".utf8, to: descriptor)
            try Loopback.write(
                "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n".utf8, to: descriptor)
        case "bridgelist", "coreshowchannels":
            let list = headers["action"] ?? ""
            try Loopback.write("Response: Success\r\n\(id)EventList: start\r\n\r\n".utf8, to: descriptor)
            let items = condition.withLock { self.items[list.lowercased()] ?? [] }
            for item in items { try Loopback.write("\(item)\(id)\r\n".utf8, to: descriptor) }
            try Loopback.write(
                "Event: \(list)Complete\r\n\(id)EventList: Complete\r\nListItems: 0\r\n\r\n".utf8, to: descriptor)
        case "queuestatus":
            try Loopback.write(
                "Response: Success\r\n\(id)EventList: start\r\nMessage: Queue status will follow\r\n\r\n".utf8,
                to: descriptor)
            for item in condition.withLock({ self.items["queuestatus"] ?? [] }) {
                try Loopback.write("\(item)\(id)\r\n".utf8, to: descriptor)
            }
            try Loopback.write(
                "Event: QueueStatusComplete\r\n\(id)EventList: Complete\r\nListItems: 0\r\n\r\n".utf8, to: descriptor)
            condition.withLock {
                client = descriptor
                condition.broadcast()
            }
        case "ping": try Loopback.write("Response: Success\r\n\(id)Ping: Pong\r\n\r\n".utf8, to: descriptor)
        default:
            try Loopback.write("Response: Error\r\n\(id)Message: Invalid/unknown command\r\n\r\n".utf8, to: descriptor)
        }
    }
}

/// One call from a recording: the queue “incentivi” offers it, an agent answers, the caller hangs up.
enum NormalCall {
    /// The events after the login, as a real Asterisk sent them.
    static let bytes: [UInt8] = {
        do {
            let chunks = try Recording.load(Repository.trace("caller_hangup-a")).chunks.filter {
                $0.direction == .incoming
            }
            let all = chunks.flatMap(\.bytes)
            let login = Array("Status: Fully Booted\r\n\r\n".utf8)
            guard let end = all.firstRange(of: login)?.upperBound else { fatalError("the recording has no login") }
            return Array(all[end...])
        } catch { fatalError("\(error)") }
    }()

    /// The same call again, with other identifiers.
    static func numbered(_ number: Int) -> [UInt8] {
        Array(
            String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "17954020", with: "\(17_960_000 + number)")
                .utf8)
    }

    /// How a switch lists it while caller and agent talk, for ``ScriptedSwitch/has(_:)``.
    static let whileTalking = [
        "bridgelist": [
            "Event: BridgeListItem\r\nBridgeUniqueid: cd04e12f-3b2a-4156-8f79-d90fc9058fa8\r\nBridgeType: basic\r\n"
        ],
        "coreshowchannels": [("PJSIP/trunk-00000027", "45", "Queue"), ("PJSIP/1004-00000028", "46", "AppQueue")].map {
            name, number, application in
            "Event: CoreShowChannel\r\nChannel: \(name)\r\nUniqueid: 1795402068.\(number)\r\nLinkedid: 1795402068.45\r\nApplication: \(application)\r\nApplicationData: incentivi,tTkK,,,90\r\nDuration: 00:00:08\r\nBridgeId: cd04e12f-3b2a-4156-8f79-d90fc9058fa8\r\n"
        },
    ]

    /// From the caller's hang-up on.
    static var fromHangup: [UInt8] {
        let start = bytes.firstRange(of: Array("Event: HangupRequest".utf8))?.lowerBound
        return Array(bytes[(start ?? 0)...])
    }

    /// Up to the conversation of caller and agent.
    static var untilAnswered: [UInt8] {
        let end = bytes.firstRange(of: Array("Event: HangupRequest".utf8))?.lowerBound
        return Array(bytes[..<(end ?? 0)])
    }
}
