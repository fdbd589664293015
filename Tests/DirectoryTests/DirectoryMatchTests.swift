import Directory
import Testing

@Suite("The registry's match")
struct DirectoryMatchTests {
    private func parties(_ count: Int) -> [Party] {
        (0..<count).map { Party(key: "K\($0)", kind: .company, name: "Ditta \($0)") }
    }

    private func match(_ count: Int, isShared: Bool = false) -> DirectoryMatch {
        DirectoryMatch(parties: parties(count), total: count, isShared: isShared)
    }

    @Test("is nobody, one party, or candidates of whom none is chosen")
    func few() {
        #expect(match(0) == .none)
        #expect(match(1) == .one(parties(1)[0]))
        #expect(match(2) == .several(parties(2)))
        #expect(match(3) == .several(parties(3)))
    }

    @Test("is a shared number from four parties on: it identifies the organisation, not the person")
    func shared() {
        #expect(match(4) == .shared(parties(4)))
        #expect(match(10) == .shared(parties(10)))
    }

    @Test("is shared whatever the count, if the number is marked so", arguments: 1...3)
    func marked(count: Int) {
        #expect(match(count, isShared: true) == .shared(parties(count)))
    }

    @Test("is nobody for a number marked as shared that belongs to nobody")
    func markedWithoutParties() {
        #expect(match(0, isShared: true) == .none)
    }

    @Test("shows at most ten candidates, and counts them all")
    func cut() {
        #expect(match(500) == .shared(parties(10)))
        #expect(DirectoryMatch(parties: parties(2), total: 40, isShared: false) == .shared(parties(2)))
    }

    @Test("is not available, and not nobody, if one is counted and none is given")
    func contradiction() {
        #expect(DirectoryMatch(parties: [], total: 1, isShared: false) == .notAvailable)
    }
}
