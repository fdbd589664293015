import Telephony
import Time

extension [UInt8] {
    /// The same bytes as a network might have fragmented them. `style` says how finely: 0 into single bytes, 1 into
    /// dozens, 2 as sockets do.
    func pieces(style: UInt8, using generator: inout SplitMix64) -> [ArraySlice<UInt8>] {
        let longest = [1, 40, 700][Int(style % 3)]
        var pieces: [ArraySlice<UInt8>] = []
        var rest = self[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...longest, using: &generator))
            pieces.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }

    /// Lets a short input stand for a long one, so that a fuzzer reaches the bounds: `0x1A c n` is 257·n times the
    /// byte c, and `0x1B n` repeats the line before it n times.
    func expanded(limit: Int) -> [UInt8] {
        var result: [UInt8] = []
        var index = startIndex
        while index < endIndex, result.count < limit {
            switch self[index] {
            case 0x1A where index + 2 < endIndex:
                result += [UInt8](repeating: self[index + 1], count: 257 * Int(self[index + 2]))
                index += 3
            case 0x1B where index + 1 < endIndex:
                let newline = UInt8(ascii: "\n")
                let end = result.last == newline ? result.count - 1 : result.count
                let start = result[..<end].lastIndex(of: newline).map { $0 + 1 } ?? 0
                let line = Array(result[start...])
                // Repeating a long line many times would only cost time.
                for _ in 0..<Swift.min(Int(self[index + 1]), limit / Swift.max(1, line.count)) { result += line }
                index += 2
            case let byte:
                result.append(byte)
                index += 1
            }
        }
        return result
    }
}
