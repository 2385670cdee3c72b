internal import IMAP
internal import NIOCore
internal import Transport

/// An IDLE that lasts.
struct Idling {
    var tag: String
    var since: ContinuousClock.Instant
}

/// IDLE (RFC 9051 section 6.3.13). It is a state of the driver rather than a function that waits, so
/// that an idling connection keeps next to nothing.
extension IMAPSession {
    func idle(_ tag: String) async throws(CommandFailure) -> Completion? {
        output.writeContinuation("idling")
        reader.beginRawLine()
        idling = Idling(tag: tag, since: .now)
        // Changes wake from here on, so that none is missed behind this announcement.
        updateAttachment()
        if notification == nil { try await announce(allowExpunge: true) } else { isWoken = true }
        return nil
    }

    /// The line that ends it.
    func endIdle(_ line: ByteBuffer) async throws(ConnectionError) {
        guard let idling else { return }
        self.idling = nil
        updateAttachment()
        let isDone = line.readableBytesView.lazy.map { $0 & 0xdf }.elementsEqual("DONE".utf8)
        try await finish(idling.tag, isDone ? .ok("IDLE completed") : .bad("DONE was expected"))
    }

    /// The client has been silent for a while: shows it, and whatever stands between, that the
    /// connection is alive.
    /// - Returns: false when that has gone on for too long, or it is not IDLE that lasts.
    func keepIdling() -> Bool {
        guard let idling, ContinuousClock.now - idling.since < service.configuration.maximumIdle
        else { return false }
        output.writeUntagged(.ok, "Still here")
        connection.setReadDeadline(service.configuration.keepAlive)
        return true
    }
}
