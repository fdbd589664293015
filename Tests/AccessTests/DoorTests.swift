import Access
import Foundation
import Telephony
import Testing

@Suite("Role × door")
struct DoorTableTests {
    @Test("stands in Access.md as it is in the code")
    func documented() throws {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
        let page = try String(contentsOfFile: "\(root)/Sources/Access/Access.md", encoding: .utf8)
        let roles: [Role?] = [nil] + Role.allCases
        let rows = Door.allCases.map { door in
            "| \(door.rawValue) | \(door.place) | "
                + roles.map {
                    let permission = door.permission(for: $0)
                    return permission == .refused ? "–" : permission.rawValue
                }.joined(separator: " | ") + " |"
        }
        let table =
            ["| door | where | nobody | \(Role.allCases.map(\.rawValue).joined(separator: " | ")) |"]
            + ["|---|---|" + String(repeating: "---|", count: roles.count)] + rows
        let lines = page.split(separator: "\n").filter { $0.hasPrefix("|") }.map(String.init)
        #expect(lines == table)
    }

    @Test("lets somebody who shows nothing in only where nobody's queue, call or person is")
    func nobody() {
        let open = Door.allCases.filter { $0.permission(for: nil) != .refused }
        #expect(open == [.pages, .health, .session])
    }

    @Test("gives nobody both the accounts and the audit")
    func twoPersons() {
        for role in Role.allCases {
            #expect(
                ![Door.accounts, .audit].allSatisfy { $0.permission(for: role) != .refused }, "\(role)")
        }
    }

    @Test("opens what is the whole centre's only to whoever may see everything")
    func unscoped() {
        func grant(_ scope: Scope) -> Grant { Grant(holder: .account("anna"), role: .supervisor, scope: scope) }
        #expect(grant(.everything).opens(.status) && !grant(Scope([.supplier("Alfa")])).opens(.status))
        #expect(grant(Scope([.supplier("Alfa")])).opens(.metrics) && !grant(.everything).opens(.audit))
    }
}
