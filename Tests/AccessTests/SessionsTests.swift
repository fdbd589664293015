import Access
import Testing
import Time

@Suite("Sessions: how long somebody stays signed in")
struct SessionsTests {
    private let start = UnixTime(seconds: 1_800_000_000)
    private let rules = SignInSession.Rules(idle: .seconds(600), absolute: .seconds(3600))

    private func id(_ number: Int) -> [UInt8] { withUnsafeBytes(of: number.bigEndian, Array.init) }

    private func opened(_ accounts: String...) -> Sessions {
        var sessions = Sessions(rules)
        for (number, account) in accounts.enumerated() {
            #expect(sessions.open(id(number), for: account, since: start, at: start) == [])
        }
        return sessions
    }

    @Test("an unused one ends after the idle time, to the second")
    func idle() {
        let sessions = opened("maria")
        #expect(sessions.session(id(0), at: start + .seconds(599)) != nil)
        #expect(sessions.session(id(0), at: start + .seconds(600)) == nil)
    }

    @Test("one that is used lives on, but not beyond the absolute time")
    func absolute() {
        var sessions = opened("maria")
        for minute in 1..<60 { _ = sessions.use(id(0), at: start + .seconds(Int64(minute) * 60)) }
        #expect(sessions.session(id(0), at: start + .seconds(3599)) != nil)
        #expect(sessions.session(id(0), at: start + .seconds(3600)) == nil)
        // A use cannot wake what has ended.
        #expect(sessions.use(id(0), at: start + .seconds(3601)) == nil)
        #expect(sessions.session(id(0), at: start + .seconds(3601)) == nil)
        #expect(sessions.takeEnded(at: start + .seconds(3600)).map(\.account) == ["maria"])
        #expect(sessions.count == 0)
    }

    @Test("a use is worth storing once in five minutes")
    func stored() {
        var sessions = opened("maria")
        let uses = (1...9).map { sessions.use(id(0), at: start + .seconds(Int64($0) * 60)) != nil }
        #expect(uses.filter { $0 }.count == 1)
    }

    @Test("a clock that was set back ends a session that would begin in the future")
    func clock() {
        let sessions = opened("maria")
        #expect(sessions.session(id(0), at: start + .seconds(-600)) != nil)
        #expect(sessions.session(id(0), at: start + .seconds(-601)) == nil)
    }

    @Test("a person's oldest session goes when there are too many; another person's stays")
    func perAccount() {
        var sessions = opened("luca")
        for number in 1...AccessLimits.sessionsPerAccount {
            #expect(sessions.open(id(number), for: "maria", since: start, at: start + .seconds(Int64(number))) == [])
        }
        let gone = sessions.open(id(99), for: "maria", since: start, at: start + .seconds(100))
        #expect(gone?.map(\.digest) == [id(1)])
        #expect(sessions.session(id(0), at: start + .seconds(100)) != nil)
    }

    @Test("where all places are taken by sessions that are used, no other is opened")
    func full() {
        var sessions = Sessions(rules)
        for number in 0..<AccessLimits.sessions {
            #expect(sessions.open(id(number), for: "a\(number)", since: start, at: start) == [])
        }
        #expect(sessions.open(id(-1), for: "b", since: start, at: start) == nil)
        // Those that have ended make room.
        let later = start + .seconds(600)
        #expect(sessions.open(id(-1), for: "b", since: later, at: later)?.count == AccessLimits.sessions)
        #expect(sessions.count == 1)
    }

    @Test("signing out everywhere ends one's own, and nobody else's")
    func everywhere() {
        var sessions = opened("maria", "maria", "luca")
        #expect(Set(sessions.endAll(of: "maria").map(\.digest)) == [id(0), id(1)])
        #expect(sessions.session(id(0), at: start) == nil && sessions.session(id(2), at: start) != nil)
        #expect(sessions.accounts == ["luca"])
    }

    @Test("a restart goes on with those that have not ended meanwhile")
    func restored() {
        var sessions = Sessions(rules)
        let stored = [0, -300, -600].map {
            SignInSession(
                digest: id($0), account: "a\($0)", began: start + .seconds(Int64($0)), used: start + .seconds(Int64($0))
            )
        }
        sessions.restore(stored, at: start + .seconds(10))
        #expect(sessions.count == 2 && sessions.session(id(-600), at: start) == nil)
    }
}
