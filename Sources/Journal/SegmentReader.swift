import Czstd
import Glibc

/// Reads the blocks of one segment. Bytes that are not a block are skipped and reported, and the next block after
/// them is found.
final class SegmentReader {
    struct Block {
        var offset: Int
        /// The compressed bytes, as they stand in the segment.
        var frame: [UInt8]
        var text: [UInt8]
        /// nil in a segment of version 1, which has no chain.
        var head: BlockHead?

        var end: Int { offset + frame.count }
    }

    /// What stands at the current place.
    private enum Find {
        case block(Block)
        /// `count`: the distance to the next frame, if that can be known.
        case damage(count: Int?)
        /// The segment ends within a frame.
        case unfinished
        case end
    }

    private enum Version { case unknown, one, two }

    let path: String
    private(set) var damages: [Journal.Reader.Damage] = []
    private(set) var offset = 0
    private var version = Version.unknown
    private let file: Int32
    private var window: [UInt8] = []  // what was read of the segment; it begins at `windowOffset`
    private var windowOffset = 0
    private var windowIsLast = false  // nothing follows it in the segment
    private let context: OpaquePointer
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    init(_ path: String) throws(JournalError) {
        self.path = path
        file = try RegularFile.open(path)
        guard let context = ZSTD_createDCtx() else { preconditionFailure("no memory for zstd") }
        self.context = context
    }

    deinit {
        close(file)
        ZSTD_freeDCtx(context)
    }

    var length: Int {
        var status = stat()
        return fstat(file, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The next block; nil at the segment's end.
    func next() throws(JournalError) -> Block? {
        switch try find() {
        case .block(let block): return taken(block)
        case .end: return nil
        case .unfinished: return try passDamage(.tornTail, count: nil)
        case .damage(let count): return try passDamage(.corrupt, count: count)
        }
    }

    private func taken(_ block: Block) -> Block {
        version = block.head == nil ? .one : .two
        offset = block.end
        return block
    }

    /// Skips from the beginning of the damage to the next block, or to the segment's end.
    private func passDamage(_ fault: Journal.Reader.Damage.Fault, count: Int?) throws(JournalError) -> Block? {
        let start = offset
        if version != .one {
            while try findMagic() {
                if beginsLikeBlock(), case .block(let block) = try find() {
                    damages.append(.init(path: path, fault: .corrupt, offset: start, count: block.offset - start))
                    return taken(block)
                }
            }
        }
        // Blocks of version 1 do not say where they stand: all that is known is where zstd believes the damaged one
        // to end.
        if let count, version != .two {
            damages.append(.init(path: path, fault: .corrupt, offset: start, count: count))
            offset = start + count
            version = .one
            return try next()
        }
        offset = max(length, start)
        damages.append(.init(path: path, fault: fault, offset: start, count: offset - start))
        return nil
    }

    /// Moves on to the next place at which a frame may begin; false if there is none.
    private func findMagic() throws(JournalError) -> Bool {
        offset += 1
        while true {
            guard try read(atLeast: 4) else { return false }
            let rest = window[(offset - windowOffset)...]
            if let found = rest.indices.dropLast(3).first(where: {
                rest[$0] == Self.magic[0] && rest[$0..<$0 + 4].elementsEqual(Self.magic)
            }) {
                offset = windowOffset + found
                return true
            }
            offset += rest.count - 3
        }
    }

    /// A cheap first look, however much text the frame claims to have: what a switch sent may be full of frames.
    private func beginsLikeBlock() -> Bool {
        var beginning = [UInt8](repeating: 0, count: 128)
        ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        defer { ZSTD_DCtx_reset(context, ZSTD_reset_session_only) }
        let count = window.withUnsafeBytes { window in
            beginning.withUnsafeMutableBytes { beginning in
                var input = ZSTD_inBuffer(
                    src: window.baseAddress! + (offset - windowOffset), size: windowOffset + window.count - offset,
                    pos: 0)
                var output = ZSTD_outBuffer(dst: beginning.baseAddress!, size: beginning.count, pos: 0)
                while output.pos < output.size, input.pos < input.size {
                    let before = input.pos
                    let code = ZSTD_decompressStream(context, &output, &input)
                    if ZSTD_isError(code) != 0 || code == 0 || input.pos == before { break }
                }
                return output.pos
            }
        }
        return BlockHead(Array(beginning[..<count]), at: offset) != nil
    }

    private func find() throws(JournalError) -> Find {
        guard try read(atLeast: 1) else { return .end }
        while true {
            let rest = windowOffset + window.count - offset
            let size = window.withUnsafeBytes {
                ZSTD_findFrameCompressedSize($0.baseAddress! + (offset - windowOffset), rest)
            }
            if ZSTD_isError(size) == 0 {
                let block = try decode(size)
                return block.map { .block($0) } ?? .damage(count: size)
            }
            guard ZSTD_getErrorCode(size) == ZSTD_error_srcSize_wrong, rest < Journal.Limits.blockBytes else {
                return .damage(count: nil)
            }
            // Reads twice as much each time, so that looking for the end of a long frame stays linear.
            guard try read(atLeast: rest + max(Journal.Limits.readBytes, rest), orLess: true) else {
                return .unfinished
            }
        }
    }

    /// nil if the frame does not hold a block that stands here.
    private func decode(_ size: Int) throws(JournalError) -> Block? {
        let first = offset - windowOffset
        var text: [UInt8] = []
        let isWhole = window.withUnsafeBytes { window in
            let source = window.baseAddress! + first
            let content = ZSTD_getFrameContentSize(source, size)
            // 2^64 - 1 and - 2 are zstd's "unknown" and "error"; the writer always knows.
            guard content <= UInt64(Journal.Limits.blockBytes) else { return false }
            text = [UInt8](repeating: 0, count: Int(content))
            let count = ZSTD_decompressDCtx(context, &text, text.count, source, size)
            return ZSTD_isError(count) == 0 && count == text.count
        }
        guard isWhole else { return nil }
        let block = Block(
            offset: offset, frame: Array(window[first..<first + size]), text: text, head: BlockHead(text, at: offset))
        guard block.head == nil else { return Self.isOurs(window[first + 4]) ? block : nil }
        if offset == 0, text.starts(with: BlockHead.anyVersion), !text.starts(with: BlockHead.version) {
            throw .unknownVersion(path: path)
        }
        return version != .two && (version == .one || offset == 0) && text.first == UInt8(ascii: "@") ? block : nil
    }

    /// The frame header's descriptor of our blocks: with a checksum, without a dictionary, and with the bit clear
    /// that decoders ignore.
    private static func isOurs(_ descriptor: UInt8) -> Bool { descriptor & 0b1_1111 == 0b0_0100 }

    /// Brings at least `count` bytes from the current place into the window; false if the segment does not have that
    /// many. With `orLess`: whether any came.
    private func read(atLeast count: Int, orLess: Bool = false) throws(JournalError) -> Bool {
        if offset < windowOffset || offset > windowOffset + window.count {
            window = []
            windowOffset = offset
            windowIsLast = false
        }
        let first = offset - windowOffset
        let rest = window.count - first
        guard rest < count else { return true }
        guard !windowIsLast else { return false }
        let wanted = max(count - rest, Journal.Limits.readBytes)
        var got = 0
        var code: Int32 = 0
        let kept = window[first...]
        window = [UInt8](unsafeUninitializedCapacity: rest + wanted) { bytes, initialized in
            _ = bytes.initialize(fromContentsOf: kept)
            while got < wanted {
                let part = pread(file, bytes.baseAddress! + rest + got, wanted - got, off_t(offset + rest + got))
                if part < 0, errno == EINTR { continue }
                if part < 0 { code = errno }
                windowIsLast = part == 0
                guard part > 0 else { break }
                got += part
            }
            initialized = rest + got
        }
        windowOffset = offset
        guard code == 0 else { throw .cannotRead(path: path, code: code) }
        return orLess ? got > 0 : rest + got >= count
    }
}
