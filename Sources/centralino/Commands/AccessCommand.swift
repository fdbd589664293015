import Access
import ArgumentParser
import Foundation
import Store
import TLS
import Telephony
import Time

/// What the commands about people and programs share.
struct AccessCommand {
    let store: Store
    let now: UnixTime

    init(_ config: String, for use: Store.Use = .tool, consequence: String) throws {
        let configuration = try readConfiguration(config, consequence: consequence)
        guard let path = configuration.storePath else {
            throw misuse("The configuration names no store ([store] path): people and programs are kept there.")
        }
        store = try orExit { try Store(path: path, for: use) }
        now = UnixTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    /// Makes the change; status 1 with the sentence where it does not fit what is there.
    func change(_ change: Store.AccessChange, _ kind: AuditEntry.Kind, what: String, why: String, orSay fault: String)
        throws
    {
        let entry = AuditEntry(at: now, kind, who: Self.operatorName, what: what, why: why)
        let isDone = try orExit {
            try store.change(
                change, at: now.microseconds, audit: [NewAuditRow(entry)], digest: OpenSSL.sha256)
        }
        guard isDone else {
            Console.say(fault, .red)
            throw ExitCode.failure
        }
    }

    /// Who gives the command: the user who became root, where that is known.
    static var operatorName: String {
        let environment = ProcessInfo.processInfo.environment
        let name = environment["SUDO_USER"] ?? getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) }
        return "command by \(shown(name ?? "user \(getuid())", limit: AccessLimits.nameBytes))"
    }

    /// What `--scope` says; status 64 for what means nothing.
    /// Of nothing: an agent sees the own desk, which is no part of the centre; everybody else sees everything.
    static func scope(_ parts: [String], of role: Role) throws -> Scope {
        if parts.isEmpty, role == .agent { return .nothing }
        if parts.isEmpty || parts == ["everything"] { return .everything }
        guard parts.count <= AccessLimits.scopeParts else {
            throw misuse("A scope has \(AccessLimits.scopeParts) parts at most: name a group or a supplier instead.")
        }
        return Scope(
            try parts.map { text in
                guard let part = Scope.Part(text) else {
                    throw misuse(
                        "--scope “\(shown(text))” is no part of a scope: write everything, queue:NAME, group:NAME, team:NAME or supplier:NAME."
                    )
                }
                return part
            })
    }

    static func role(_ text: String) throws -> Role {
        if let role = Role(rawValue: text) { return role }
        let known = Role.allCases.map(\.rawValue)
        let hint = WordMeant.nearest(to: text, in: known).map { "Did you mean “\($0)”?" }
        throw misuse(
            "--role “\(shown(text))” is not a role. \(hint ?? "The roles: \(known.joined(separator: ", ")).")")
    }

    static func name(_ text: String) throws -> String {
        do throws(AccessFault) { return try Account.name(reading: text) } catch {
            throw misuse("“\(shown(text))”: \(error)")
        }
    }
}
