import Telephony
import Testing
import Time

@Suite("The id of a contact record")
struct ContactIDTests {
    @Test("has 26 characters of Crockford's base 32, the first ten of them the time")
    func shape() {
        var generator = SplitMix64(seed: 7)
        let id = ContactID(at: UnixTime(microseconds: 1_469_918_176_385_000), using: &generator)
        // The time of the ULID specification's own example.
        #expect(id.rawValue.hasPrefix("01ARYZ6S41"))
        #expect(id.rawValue.utf8.count == 26)
        #expect(id.rawValue.allSatisfy { "0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains($0) })
        #expect(ContactID(at: UnixTime(microseconds: 0), using: &generator).rawValue.hasPrefix("0000000000"))
        #expect(ContactID(at: UnixTime(microseconds: -1), using: &generator).rawValue.hasPrefix("0000000000"))
    }

    @Test("sorts by time of arrival", arguments: 1...5 as ClosedRange<UInt64>)
    func sorted(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let times = (0..<300).map { _ in Int64.random(in: 0...4_000_000_000_000, using: &generator) }.sorted()
        let ids = Array(Set(times)).sorted().map { ContactID(at: UnixTime(microseconds: $0 * 1000), using: &generator) }
        #expect(ids == ids.sorted())
    }

    @Test("is the same for the same seed, and different at each call")
    func seeded() {
        func ids(_ seed: UInt64) -> [ContactID] {
            var generator = SplitMix64(seed: seed)
            return (0..<1000).map { _ in ContactID(at: UnixTime(seconds: 1), using: &generator) }
        }
        #expect(ids(3) == ids(3))
        #expect(Set(ids(3)).count == 1000)
        #expect(Set(ids(3)).isDisjoint(with: ids(4)))
    }
}

@Suite("The small generator")
struct SplitMix64Tests {
    @Test("gives the published numbers for seed 1234567")
    func published() {
        var generator = SplitMix64(seed: 1_234_567)
        #expect(
            (0..<5).map { _ in generator.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ])
    }
}
