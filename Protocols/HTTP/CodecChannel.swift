internal import NIOCore
internal import NIOEmbedded

/// Drives one of NIO's decoders as a function: bytes in, decoded parts out.
///
/// The embedded channel has no socket, thread or clock. NIO presents it as a tool for tests because its timers stand
/// still; no decoder here has a timer. It must be used and freed on the thread that made it.
final class CodecChannel<Decoder: ByteToMessageDecoder> {
    let channel = EmbeddedChannel()
    private let collector = Collector<Decoder.InboundOut>()

    init(_ decoder: Decoder) {
        do {
            try channel.pipeline.syncOperations.addHandlers([ByteToMessageHandler(decoder), collector])
        } catch {
            preconditionFailure("a new pipeline takes handlers: \(error)")
        }
    }

    deinit {
        // Closing removes the handlers. Without it the HTTP decoder, which refers to itself, would never be freed.
        // Parts that are left inside are dropped.
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    /// The parts that these bytes complete, and the fault that ended the decoding, if any. After a fault no more bytes
    /// may be passed in.
    func decode(_ bytes: ArraySlice<UInt8>) -> (parts: [Decoder.InboundOut], fault: (any Error)?) {
        channel.pipeline.syncOperations.fireChannelRead(NIOAny(ByteBuffer(bytes: bytes)))
        defer { collector.parts.removeAll(keepingCapacity: true) }
        return (collector.parts, collector.fault)
    }
}

/// The last handler of the pipeline collects the parts, so that nothing goes through the channel's own, untyped
/// buffers.
private final class Collector<Part>: ChannelInboundHandler {
    typealias InboundIn = Part

    var parts: [Part] = []
    var fault: (any Error)?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { parts.append(unwrapInboundIn(data)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if fault == nil { fault = error }
    }
}
