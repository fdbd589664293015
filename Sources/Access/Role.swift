/// What somebody's work here is: each person and each program has one. What a role may do stands in one table,
/// role × door.
public enum Role: String, Codable, CaseIterable, Comparable, Sendable {
    /// Answers callers: the own desk, and nobody else's.
    case agent
    /// Watches queues and people now.
    case supervisor
    /// Proves figures: statistics, explanations, earlier moments.
    case quality
    /// A program of another system: records, parties, figures.
    case integrator
    /// Keeps the program running and lets people in; reads neither calls nor the audit.
    case administrator
    /// Reads the audit, and changes nothing. Never the same person as an administrator: `domain.md` §8.3.
    case auditor

    public static func < (a: Role, b: Role) -> Bool {
        allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
    }
}
