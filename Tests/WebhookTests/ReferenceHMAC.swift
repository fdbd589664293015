import Wire

/// HMAC-SHA256 written from FIPS 180-4 and RFC 2104, independent of the program's OpenSSL.
enum ReferenceHMAC {
    static func authenticate(key: [UInt8], message: [UInt8]) -> [UInt8] {
        let block =
            (key.count > 64 ? sha256(key) : key)
            + Array(repeating: 0, count: max(0, 64 - (key.count > 64 ? 32 : key.count)))
        return sha256(block.map { $0 ^ 0x5C } + sha256(block.map { $0 ^ 0x36 } + message))
    }

    static func sha256(_ message: [UInt8]) -> [UInt8] {
        var hash = primes(8).map { fraction(of: Double($0).squareRoot()) }
        let constants = primes(64).map(cubeRootFraction)
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) {
            padded.append(UInt8(truncatingIfNeeded: (message.count * 8) >> shift))
        }
        for start in stride(from: 0, to: padded.count, by: 64) {
            var words = (0..<16).map { index in
                padded[(start + 4 * index)..<(start + 4 * index + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }
            for index in 16..<64 {
                let (late, early) = (words[index - 2], words[index - 15])
                let sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >> 10)
                let sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >> 3)
                words.append(sigma1 &+ words[index - 7] &+ sigma0 &+ words[index - 16])
            }
            var state = hash
            for index in 0..<64 {
                let choice = (state[4] & state[5]) ^ (~state[4] & state[6])
                let majority = (state[0] & state[1]) ^ (state[0] & state[2]) ^ (state[1] & state[2])
                let sum1 = rotate(state[4], 6) ^ rotate(state[4], 11) ^ rotate(state[4], 25)
                let sum0 = rotate(state[0], 2) ^ rotate(state[0], 13) ^ rotate(state[0], 22)
                let first = state[7] &+ sum1 &+ choice &+ constants[index] &+ words[index]
                state = [first &+ sum0 &+ majority] + state[0..<3] + [state[3] &+ first] + state[4..<7]
            }
            for index in 0..<8 { hash[index] &+= state[index] }
        }
        return hash.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    private static func primes(_ count: Int) -> [Int] {
        Array((2...).lazy.filter { candidate in !(2..<candidate).contains { candidate % $0 == 0 } }.prefix(count))
    }

    /// The first 32 bits after the binary point.
    private static func fraction(of root: Double) -> UInt32 { UInt32((root - root.rounded(.down)) * 4_294_967_296) }

    /// By bisection in integers: a `Double` cube root may be off in the last bit.
    private static func cubeRootFraction(_ prime: Int) -> UInt32 {
        var (low, high): (UInt128, UInt128) = (0, 8 << 32)
        while high - low > 1 {
            let middle = (low + high) / 2
            if middle * middle * middle <= UInt128(prime) << 96 { low = middle } else { high = middle }
        }
        return UInt32(truncatingIfNeeded: low)
    }
}

extension Digests {
    static let reference = Digests(
        md5: { _ in preconditionFailure("webhooks need no MD5") },
        hmacSHA256: ReferenceHMAC.authenticate, constantTimeEqual: { $0 == $1 })
}
