import Logging
import NIOCore

/// Takes the connections that the kernel hands out. Runs on the loop of the listening socket.
final class AcceptHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private static let pauseTime = TimeAmount.seconds(1)

    private let listener: Listener
    private let loop: LoopContext
    /// Nil: connections live on other loops, too, and are admitted there.
    private let admission: Admission?

    init(_ listener: Listener, _ loop: LoopContext, _ admission: Admission?) {
        self.listener = listener
        self.loop = loop
        self.admission = admission
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let admission {
            let channel = Self.unwrapInboundIn(data)
            do {
                try admission.admit(channel)
            } catch {
                channel.close(promise: nil)
                return
            }
        }
        context.fireChannelRead(data)
    }

    /// Out of descriptors or memory, accepting fails again at once, for ever: pause for a moment.
    /// Through `autoRead`, because NIO stays registered for a socket whose read threw (its own
    /// back-off handler does not stop that).
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        listener.logger.error(
            "accept failed", metadata: ["port": "\(listener.port)", "error": "\(error)"])
        pause(context.channel)
    }

    private func pause(_ channel: any Channel) {
        do {
            try channel.syncOptions?.setOption(.autoRead, value: false)
        } catch {
            // The listening socket is closed: nothing to pause.
            return
        }
        channel.eventLoop.scheduleTask(in: Self.pauseTime) {
            try channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        listener.channelClosed(on: loop)
        context.fireChannelInactive()
    }
}
