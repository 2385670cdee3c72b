import Logging
import NIOCore

/// Admits or refuses accepted connections and gives each its one handler. Used only on the loop that
/// the connections will live on.
final class Admission: @unchecked Sendable {
    private let listener: Listener
    private let loop: LoopContext
    private var nextNote = NIODeadline.uptimeNanoseconds(0)
    private var refusals = 0

    init(_ listener: Listener, _ loop: LoopContext) {
        self.listener = listener
        self.loop = loop
    }

    /// - Throws: when the connection is gone already; it is to be closed.
    func admit(_ channel: any Channel) throws {
        loop.pauses.check()
        let (remote, local) = try ends(of: channel)
        guard listener.limiter.admit(remote) else {
            noteRefusal(of: remote)
            return try channel.pipeline.syncOperations.addHandler(BusyHandler(listener.onBusy))
        }
        listener.sessions.begin()
        do {
            try ConnectionHandler.configure(channel, loop, isTLS: listener.implicitTLS != nil)
            let handler = ConnectionHandler(loop: loop, owner: listener, remote: remote, local: local)
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            // The socket failed before its first event: no handler will hear of its end.
            listener.connectionEnded(from: remote)
            throw error
        }
    }

    private func ends(of channel: any Channel) throws -> (remote: PeerAddress, local: PeerAddress) {
        if listener.isLocal { return (.localSocket, .localSocket) }
        // Without a peer address the client is gone.
        guard let remote = channel.remoteAddress.flatMap(PeerAddress.init),
            let local = channel.localAddress.flatMap(PeerAddress.init)
        else { throw ChannelError.alreadyClosed }
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
}
