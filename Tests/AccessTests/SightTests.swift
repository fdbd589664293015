import Access
import Telephony
import Testing

@Suite("Sight: a grant in one centre")
struct SightTests {
    let organisation = Organisation(
        groups: [
            .init(name: "Fisco", queues: ["tributi", "catasto"].map { QueueName($0) }),
            .init(name: "Tutte", queues: ["tributi", "info"].map { QueueName($0) }),
            .init(name: "Vuoto", queues: []),
        ],
        teams: [
            .init(name: "Alfa Roma", agents: ["PJSIP/1", "PJSIP/2"].map { Interface($0) }, supplier: "Alfa"),
            .init(name: "Beta Bari", agents: ["PJSIP/3"].map { Interface($0) }, supplier: "Beta"),
            .init(name: "Vuota", agents: []),
        ],
        suppliers: [
            .init(name: "Alfa", queues: ["tributi", "catasto"].map { QueueName($0) }),
            .init(name: "Beta", queues: ["info"].map { QueueName($0) }),
        ])

    private func sight(_ parts: Scope.Part..., role: Role = .supervisor) -> Sight {
        Sight(Grant(holder: .program("p"), role: role, scope: Scope(parts)), in: organisation)
    }

    @Test("sees what the scope names, and everything without a scope")
    func sees() {
        let alfa = sight(.supplier("Alfa"))
        #expect(alfa.sees(QueueName("tributi")) && !alfa.sees(QueueName("info")))
        #expect(alfa.sees(Interface("PJSIP/1")) && !alfa.sees(Interface("PJSIP/3")))
        #expect(!alfa.isEverything && !alfa.showsOperation)
        let all = Sight.everything()
        #expect(all.isEverything && all.showsOperation && all.sees(QueueName("x")) && all.sees(Interface("y")))
    }

    @Test("of an administrator is the program, and no queue and no person")
    func administrator() {
        let all = Sight(Grant(holder: .account("anna"), role: .administrator), in: organisation)
        #expect(all.showsOperation && !all.isEverything)
        #expect(!all.sees(QueueName("info")) && !all.sees(Interface("PJSIP/1")))
    }

    @Test("may name groups, teams and suppliers that it sees whole, and those of its scope; never one seen in part")
    func names() {
        let alfa = sight(.supplier("Alfa")).visible(organisation)
        #expect(alfa.groups.map(\.name) == ["Fisco"], "the queues of “Tutte” are not all Alfa's")
        #expect(alfa.teams.map(\.name) == ["Alfa Roma"] && alfa.suppliers.map(\.name) == ["Alfa"])
        let team = sight(.team("Alfa Roma"), .group("Vuoto")).visible(organisation)
        #expect(team.groups.map(\.name) == ["Vuoto"] && team.teams.map(\.name) == ["Alfa Roma"])
        #expect(team.suppliers.isEmpty, "its queues are not seen")
        #expect(Sight.everything().visible(organisation) == organisation)
    }

    @Test("of an earlier moment is what the scope named then and names now")
    func earlier() {
        var then = organisation
        then.suppliers[0].queues = ["catasto", "info"].map { QueueName($0) }
        then.teams[0].agents = ["PJSIP/2", "PJSIP/3"].map { Interface($0) }
        let past = sight(.supplier("Alfa")).limited(to: then)
        #expect(past.queues == [QueueName("catasto")] && past.agents == [Interface("PJSIP/2")])
        #expect(past.mark != sight(.supplier("Alfa")).mark)
        #expect(Sight.everything().limited(to: then) == .everything())
    }

    @Test("is known by its mark: equal for what is seen alike, different for anything else, 0 for everything")
    func marks() {
        let alfa = sight(.supplier("Alfa"))
        #expect(alfa == sight(.supplier("Alfa")) && alfa.mark == sight(.supplier("Alfa")).mark)
        let marks = [alfa, sight(.supplier("Beta")), sight(.queue(QueueName("info"))), sight(.team("info")), sight()]
            .map(\.mark)
        #expect(Set(marks).count == marks.count && !marks.contains(0))
        #expect(Sight.everything().mark == 0)
    }
}
