import Telephony
import Time

/// Makes new scripts of the switch side from known ones, message by message, so that the result is plausible AMI:
/// lost, duplicated, late and overtaking messages, one call's channels in another's events, a connection that breaks.
/// libFuzzer's own mutations change single bytes.
public struct SwitchMutator {
    private var generator: SplitMix64

    public init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    /// Single things that a switch could say, cut out of `script`: its messages and commands in order.
    static func blocks(_ script: [UInt8]) -> [[UInt8]] {
        var blocks: [[UInt8]] = []
        var block: [UInt8] = []
        for line in script.lines() {
            let isCommand = line.first == SwitchScript.mark
            if isCommand, !block.isEmpty {
                blocks.append(block)
                block = []
            }
            block += line
            if isCommand || line.elementsEqual([13, 10]) || line.elementsEqual([10]) {
                blocks.append(block)
                block = []
            }
        }
        return block.isEmpty ? blocks : blocks + [block]
    }

    /// Makes one or a few changes. `mutateBytes` changes single bytes.
    public mutating func mutated(_ script: [UInt8], _ mutateBytes: ([UInt8]) -> [UInt8]) -> [UInt8] {
        var blocks = Self.blocks(script)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            guard !blocks.isEmpty else { return mutateBytes(script) }
            change(&blocks, mutateBytes)
        }
        return blocks.flatMap { $0 }
    }

    /// Two switches' stories in one: from some place on the second's messages are mixed into the first's, or follow.
    public mutating func crossed(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        let left = Self.blocks(first)
        let right = Self.blocks(second)
        var result = Array(left.prefix(Int.random(in: 0...left.count, using: &generator)))
        var ours = left.dropFirst(result.count)
        var theirs = right.dropFirst(Int.random(in: 0...right.count, using: &generator)).prefix(
            Int.random(in: 1...40, using: &generator))
        let isMixed = Bool.random(using: &generator)
        while !ours.isEmpty || !theirs.isEmpty {
            if !theirs.isEmpty, ours.isEmpty || !isMixed || Bool.random(using: &generator) {
                result.append(theirs.removeFirst())
            } else {
                result.append(ours.removeFirst())
            }
        }
        return result.flatMap { $0 }
    }

    private mutating func change(_ blocks: inout [[UInt8]], _ mutateBytes: ([UInt8]) -> [UInt8]) {
        let place = blocks.indices.randomElement(using: &generator)!
        switch Int.random(in: 0..<12, using: &generator) {
        case 0:
            // A stretch is lost, as between two connections.
            blocks.removeSubrange(place..<min(blocks.count, place + Int.random(in: 1...8, using: &generator)))
        case 1: blocks.insert(blocks[place], at: Int.random(in: 0...blocks.count, using: &generator))
        case 2, 3:
            let block = blocks.remove(at: place)
            let distance = Int.random(in: -6...6, using: &generator)
            blocks.insert(block, at: min(max(0, place + distance), blocks.count))
        case 4, 5: exchangeValue(&blocks, place)
        case 6: editLine(&blocks[place])
        case 7, 8: blocks.insert(command(), at: place)
        case 9: retitle(&blocks[place])
        case 10: stamp(&blocks[place])
        default: blocks[place] = mutateBytes(blocks[place])
        }
    }

    /// A header gets the value that the same header has in another message, to cause confusion.
    private mutating func exchangeValue(_ blocks: inout [[UInt8]], _ place: Int) {
        var lines = blocks[place].lines().map(Array.init)
        guard let index = lines.indices.randomElement(using: &generator), let name = Self.name(lines[index]) else {
            return
        }
        // A channel is the same, whatever header names it.
        let isChannel = name.suffix(7).elementsEqual("niqueid".utf8)
        var candidates: [[UInt8]] = []
        for block in blocks.shuffled(using: &generator).prefix(12) {
            for line in block.lines() {
                guard let other = Self.name(Array(line)),
                    other == name || (isChannel && other.suffix(7).elementsEqual("niqueid".utf8))
                else { continue }
                candidates.append(Array(line.dropFirst(other.count)))
            }
        }
        guard let value = candidates.randomElement(using: &generator) else { return }
        lines[index] = name + value
        blocks[place] = lines.flatMap { $0 }
    }

    /// A line is removed, repeated or moved.
    private mutating func editLine(_ block: inout [UInt8]) {
        var lines = block.lines().map(Array.init)
        guard let index = lines.indices.randomElement(using: &generator) else { return }
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: lines.insert(lines[index], at: index)
        case 1: lines.swapAt(index, lines.indices.randomElement(using: &generator)!)
        case 2: lines[index] = Array(lines[index].prefix(Int.random(in: 0...lines[index].count, using: &generator)))
        default: lines.remove(at: index)
        }
        block = lines.flatMap { $0 }
    }

    private mutating func command() -> [UInt8] {
        let words = [
            "close", "refuse", "open", "found", "wait 0", "wait 100", "wait 249", "wait 251", "wait 999", "wait 1001",
            "wait 2500",
            "wait 16000",
            "wait 80000", "sleep 300", "sleep 1200", "sleep 70000",
        ]
        return [SwitchScript.mark] + Array(words.randomElement(using: &generator)!.utf8) + [10]
    }

    static let titles = [
        "Newchannel", "NewCallerid", "HangupRequest", "SoftHangupRequest", "Hangup", "BridgeEnter", "BridgeLeave",
        "Hold", "Unhold",
        "DialEnd",
        "BlindTransfer", "AttendedTransfer", "QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "AgentCalled",
        "AgentRingNoAnswer",
        "AgentConnect", "AgentComplete", "QueueMemberStatus", "QueueMemberPause", "QueueMemberAdded",
        "QueueMemberRemoved", "UserEvent",
        "Shutdown",
        "FullyBooted", "Reload", "QueueParams", "QueueMember", "QueueEntry", "QueueStatusComplete",
    ]

    private mutating func retitle(_ block: inout [UInt8]) {
        guard block.starts(with: "Event: ".utf8), let end = block.firstIndex(of: 10) else { return }
        block.replaceSubrange(..<end, with: Array("Event: \(Self.titles.randomElement(using: &generator)!)\r".utf8))
    }

    /// A `Timestamp` of the switch's clock, near the script's beginning, or far from it.
    private mutating func stamp(_ block: inout [UInt8]) {
        guard block.starts(with: "Event: ".utf8), let end = block.firstIndex(of: 10) else { return }
        let offset =
            Int.random(in: 0..<8, using: &generator) == 0
            ? Int.random(in: -5000...5000, using: &generator) : Int.random(in: 0...30, using: &generator)
        let fraction = Int.random(in: 100_000...999_999, using: &generator)
        block.insert(
            contentsOf: Array("Privilege: a\r\nTimestamp: \(1_800_000_000 + offset).\(fraction)\r\n".utf8), at: end + 1)
    }

    private static func name(_ line: [UInt8]) -> [UInt8]? { line.firstIndex(of: 58).map { Array(line[..<$0]) } }
}
