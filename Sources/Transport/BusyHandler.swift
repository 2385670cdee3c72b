import NIOCore

/// Tells a client over the limit that the server is busy, and closes. With implicit TLS there is
/// nothing to tell before a handshake, which a busy server does not pay for: it just closes.
final class BusyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let farewell: ByteBuffer?

    init(_ farewell: ByteBuffer?) {
        self.farewell = farewell
    }

    func channelActive(context: ChannelHandlerContext) {
        if let farewell {
            // A new socket's send buffer is empty: the flush takes these few bytes whole.
            context.writeAndFlush(Self.wrapOutboundOut(farewell), promise: nil)
        }
        context.close(promise: nil)
    }
}
