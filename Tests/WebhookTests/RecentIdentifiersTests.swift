import Testing
import Webhook

@Suite("The memory of recent deliveries")
struct RecentIdentifiersTests {
    var memory = RecentIdentifiers(capacity: 3, lifetime: 100)

    @Test("distinguishes a repetition from a message with the same id and another body")
    mutating func verdicts() {
        let (body, other) = (BodyDigest.fnv1a("{}".utf8), BodyDigest.fnv1a("{ }".utf8))
        #expect(memory.insert(source: "cloud1", id: "e1", bodyDigest: body, now: 0) == .new)
        #expect(memory.insert(source: "cloud1", id: "e1", bodyDigest: body, now: 1) == .duplicate)
        #expect(memory.insert(source: "cloud1", id: "e1", bodyDigest: other, now: 1) == .conflict)
        #expect(memory.insert(source: "cloud1", id: "e1", bodyDigest: body, now: 1) == .duplicate)  // the first is kept
        #expect(memory.insert(source: "cloud2", id: "e1", bodyDigest: other, now: 1) == .new)
    }

    @Test("lasts its lifetime from the first delivery")
    mutating func lifetime() {
        #expect(memory.insert(source: "s", id: "a", bodyDigest: 1, now: 0) == .new)
        #expect(memory.insert(source: "s", id: "a", bodyDigest: 1, now: 99) == .duplicate)
        #expect(memory.insert(source: "s", id: "a", bodyDigest: 2, now: 100) == .new)
        #expect(memory.insert(source: "s", id: "a", bodyDigest: 2, now: 199) == .duplicate)
    }

    @Test("forgets the oldest first when it is full")
    mutating func capacity() {
        for (index, id) in ["a", "b", "c", "d"].enumerated() {
            #expect(memory.insert(source: "s", id: id, bodyDigest: 1, now: Int64(index)) == .new)
        }
        #expect(memory.count == 3)
        #expect(memory.insert(source: "s", id: "b", bodyDigest: 1, now: 4) == .duplicate)
        #expect(memory.insert(source: "s", id: "a", bodyDigest: 1, now: 4) == .new)
        #expect(memory.insert(source: "s", id: "b", bodyDigest: 1, now: 4) == .new)
    }

    @Test("can take one back without losing another")
    mutating func takenBack() {
        for id in ["a", "b"] { #expect(memory.insert(source: "s", id: id, bodyDigest: 1, now: 0) == .new) }
        memory.forget(source: "s", id: "a")
        #expect(memory.insert(source: "s", id: "b", bodyDigest: 1, now: 1) == .duplicate)
        #expect(memory.insert(source: "s", id: "a", bodyDigest: 2, now: 50) == .new)
        #expect(memory.insert(source: "s", id: "a", bodyDigest: 2, now: 120) == .duplicate)  // its second entry counts
    }

    @Test("agrees with a slow, simple memory", arguments: 0..<20 as Range<UInt64>)
    mutating func model(seed: UInt64) {
        var state = seed &+ 1
        func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        var simple: [(id: String, digest: UInt64, seenAt: Int64)] = []
        var now: Int64 = 0
        for _ in 0..<2000 {
            now += Int64(next(30))
            let (id, digest) = ("\(next(6))", next(2))
            if next(5) == 0 {
                memory.forget(source: "s", id: id)
                simple.removeAll { $0.id == id }
                continue
            }
            simple.removeAll { now - $0.seenAt >= 100 }
            let expected: RecentIdentifiers.Verdict
            if let known = simple.first(where: { $0.id == id }) {
                expected = known.digest == digest ? .duplicate : .conflict
            } else {
                if simple.count == 3 { simple.removeFirst() }
                simple.append((id, digest, now))
                expected = .new
            }
            #expect(memory.insert(source: "s", id: id, bodyDigest: digest, now: now) == expected)
            #expect(memory.count == simple.count)
        }
    }

    @Test("uses FNV-1a as published")
    func digest() {
        #expect(BodyDigest.fnv1a("".utf8) == 0xCBF2_9CE4_8422_2325)
        #expect(BodyDigest.fnv1a("foobar".utf8) == 0x8594_4171_F739_67E8)
    }
}
