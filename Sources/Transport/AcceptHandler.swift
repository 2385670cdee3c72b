import Logging
import NIOCore

/// Admits or refuses accepted connections and gives each its one handler. Runs on the loop that
/// the connection will live on.
final class AcceptHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private static let pauseTime = TimeAmount.seconds(1)

    private let listener: Listener
    private let loop: LoopContext
    private var nextNote = NIODeadline.uptimeNanoseconds(0)
    private var refusals = 0

    init(_ listener: Listener, _ loop: LoopContext) {
        self.listener = listener
        self.loop = loop
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = Self.unwrapInboundIn(data)
        loop.pauses.check()
        // Without a peer address the client is gone already.
        guard let (remote, local) = ends(of: channel) else {
            channel.close(promise: nil)
            return
        }
        let isAdmitted = listener.limiter.admit(remote)
        do {
            if isAdmitted {
                listener.sessions.begin()
                try ConnectionHandler.configure(channel, loop, isTLS: listener.implicitTLS != nil)
                let handler = ConnectionHandler(
                    loop: loop, owner: listener, remote: remote, local: local)
                try channel.pipeline.syncOperations.addHandler(handler)
            } else {
                noteRefusal(of: remote)
                try channel.pipeline.syncOperations.addHandler(BusyHandler(listener.onBusy))
            }
        } catch {
            // The socket failed before its first event: no handler will hear of its end.
            if isAdmitted {
                listener.connectionEnded(from: remote)
            }
            channel.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }

    private func ends(of channel: any Channel) -> (remote: PeerAddress, local: PeerAddress)? {
        if listener.isLocal { return (.localSocket, .localSocket) }
        guard let remote = channel.remoteAddress.flatMap(PeerAddress.init),
            let local = channel.localAddress.flatMap(PeerAddress.init)
        else { return nil }
        return (remote, local)
    }

    /// Logs at most once a second, so that a flood does not fill the log too.
    private func noteRefusal(of client: PeerAddress) {
        refusals += 1
        let now = NIODeadline.now()
        guard now >= nextNote else { return }
        listener.logger.notice(
            "too many connections",
            metadata: [
                "port": "\(listener.port)", "client": "\(client)", "refused": "\(refusals)",
            ])
        refusals = 0
        nextNote = now + .seconds(1)
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
