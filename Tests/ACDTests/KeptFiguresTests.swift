import ACD
import Figures
import Foundation
import Telephony
import Testing
import Time

/// What is kept beside the facts is the sum over the facts, whatever happened and whenever it is asked for.
@Suite("Kept figures")
struct KeptFiguresTests {
    /// A random play: callers in a few queues on several days, events reported late, clocks that are set, contacts
    /// that turn out to be one, contracts that change, and a state that is written and read.
    private struct Play {
        var acd = ACD(defaults: .init(wrapUp: .seconds(20)))
        var generator: SplitMix64
        /// What our clock shows, and how far the switch's is ahead.
        var now: Moment
        var ahead = Span.zero
        var number: UInt64 = 0
        var waiting: [QueueVisit] = []
        var talking: [AgentLeg] = []
        let queues = [info, QueueName("other"), QueueName("third")]

        init(seed: UInt64) {
            generator = SplitMix64(seed: seed)
            // Half an hour before midnight in Rome.
            now = Moment(uptime: .seconds(5), date: UnixTime(rfc3339: "2026-03-02T22:30:00Z")!)
        }

        mutating func random(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &generator) }

        /// As the switch dates what it reports: sometimes late.
        private mutating func moment() -> Moment {
            let late = Span.milliseconds(random(0...9) == 0 ? random(0...200_000) : random(0...20))
            return Moment(uptime: now.uptime - late, date: now.date + ahead + (.zero - late))
        }

        mutating func step() {
            let passed = Span(microseconds: random(0...20) == 0 ? random(0...2_000_000_000) : random(0...9_000_000))
            now = now + passed
            if let due = acd.nextDeadline, due <= now.uptime { acd.deadlineReached(at: now) }
            switch random(0...99) {
            case 0...34: join()
            case 35...69: leave()
            case 70...84: hangUp()
            case 85...89:
                acd.handle(.refused(queue(), random(0...1) == 0 ? .full : .empty), at: moment())
            case 90...93: merge()
            case 94: ahead = .seconds(random(-900...900))
            case 95: now.date = now.date + .seconds(random(-4_000...4_000))
            case 96:
                acd.apply(
                    defaults: .init(serviceLevel: .init(threshold: .seconds(random(5...40))), wrapUp: .seconds(20)),
                    settings: random(0...1) == 0 ? [info: .init()] : [:], policy: acd.policy)
            case 97: now = now + .seconds(random(0...30_000))
            case 98: acd.wrapUpDone(by: { _ in true }, at: moment())
            default: break
            }
        }

        private mutating func queue() -> QueueName { queues[Int(random(0...2))] }

        private mutating func join() {
            number += 1
            let visit = visit(number, queue(), joined: moment(), isPartial: random(0...9) == 0)
            acd.handle(
                .contactBegan(
                    Contact(
                        key: visit.contact, channel: ChannelID("c\(number)"), caller: CallerID(number: "1", name: ""),
                        called: "", arrived: visit.joined, isPartial: false)), at: visit.joined)
            acd.handle(.queued(visit), at: visit.joined)
            waiting.append(visit)
        }

        private mutating func leave() {
            guard !waiting.isEmpty else { return }
            var visit = waiting.remove(at: Int(random(0...Int64(waiting.count - 1))))
            let end = moment()
            // It turned out that the caller joined at another moment; and now and then the order is impossible.
            if random(0...19) == 0 { visit.joined = visit.joined + .seconds(random(-30...30)) }
            visit.ended = random(0...1) == 0 ? end : nil
            if random(0...9) < 6 {
                let part = leg(
                    number + 1_000_000, visit.queue, alerted: visit.joined, established: end)
                number += 1
                acd.handle(.established(visit, part), at: end)
                talking.append(part)
            } else {
                let ends: [QueueVisit.Outcome] = [.abandoned, .flowOut(.timeout), .flowOut(.key), .lost]
                acd.handle(.visitEnded(visit, ends[Int(random(0...3))]), at: end)
            }
        }

        private mutating func hangUp() {
            guard !talking.isEmpty else { return }
            var part = talking.remove(at: Int(random(0...Int64(talking.count - 1))))
            part.ended = moment()
            acd.handle(.disconnected(part), at: part.ended!)
            if random(0...1) == 0 { acd.handle(.contactEnded(part.contact, part.ended!, .lost), at: part.ended!) }
        }

        private mutating func merge() {
            guard number > 2 else { return }
            // The newest ones, which may be open, and others.
            let first = random(0...1) == 0 ? max(1, Int64(number) - 30) : 1
            let part = ContactKey(UInt64(random(first...Int64(number))))
            let whole = ContactKey(UInt64(random(first...Int64(number))))
            acd.handle(.contactMerged(part, into: whole), at: moment())
        }
    }

    @Test("are the sum over the facts at any moment", arguments: 0..<8 as Range<UInt64>)
    func sum(seed: UInt64) {
        var play = Play(seed: seed)
        for step in 0..<2_000 {
            play.step()
            guard play.random(0...7) == 0 || step > 1_990 else { continue }
            // A reader asks for the moment of a change, which may be a little before the last event or after it.
            let asked = play.now + Span(microseconds: play.random(-150_000...150_000))
            let faults = play.acd.faultsOfKeptFigures(at: asked)
            #expect(faults.isEmpty, "step \(step)")
            if !faults.isEmpty { return }
        }
    }

    @Test("are found again after a checkpoint, and no part of it")
    func checkpoint() throws {
        var play = Play(seed: 99)
        for _ in 0..<1_000 { play.step() }
        let text = try JSONEncoder.sorted.encode(play.acd)
        var read = try JSONDecoder().decode(ACD.self, from: text)
        #expect(read == play.acd)
        for queue in play.queues {
            #expect(read.today(of: queue, at: play.now) == play.acd.today(of: queue, at: play.now))
            for minutes in Window.slidingMinutes {
                #expect(
                    read.recent(minutes: minutes, of: queue, at: play.now)
                        == play.acd.recent(minutes: minutes, of: queue, at: play.now))
            }
        }
        read.apply(defaults: .init(), settings: [:], policy: read.policy)
        #expect(read.faultsOfKeptFigures(at: play.now).isEmpty)
    }

    @Test("are not needed to go on: a state that is written and read again and again becomes the same")
    func rereading() throws {
        var play = Play(seed: 5)
        var other = play
        for step in 0..<600 {
            play.step()
            other.step()
            if step % 20 == 0 { other.acd = try JSONDecoder().decode(ACD.self, from: JSONEncoder().encode(other.acd)) }
        }
        #expect((play.acd == other.acd) as Bool)
    }

    @Test("of those who wait now are who waits longest")
    func longestWait() {
        var play = Play(seed: 11)
        for _ in 0..<1_500 {
            play.step()
            for activity in play.acd.queues.values {
                #expect(activity.longestWaitingSince?.uptime == activity.waiting.map(\.joined.uptime).min())
            }
        }
    }

    @Test("have a caller in the window of the last five minutes to the microsecond")
    func border() {
        var acd = ACD()
        acd.add(1, wait: .seconds(3), .abandoned)
        let end = at(4_000)
        func count(_ microseconds: Int64) -> Int {
            acd.recent(minutes: 5, of: info, at: end + Span(microseconds: microseconds)).ended.count(
                VisitClass.abandoned)
        }
        let minutes = Span.seconds(300).microseconds
        #expect([-1, 0, minutes - 1, minutes].map(count) == [0, 1, 1, 0])
        let joined = at(1_000)
        #expect(acd.recent(minutes: 5, of: info, at: joined + .seconds(300)).joined == 0)
        #expect(acd.recent(minutes: 5, of: info, at: joined + .milliseconds(299_999)).joined == 1)
    }
}

extension JSONEncoder {
    fileprivate static var sorted: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return encoder
    }
}
