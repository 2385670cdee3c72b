internal import IMAP
internal import NIOCore
internal import Transport

/// Tells the client now and then that its command is being worked on (RFC 9585), so that neither it nor
/// what stands between takes the connection for dead.
struct SearchProgress {
    private static let interval = Duration.seconds(5)

    private let tag: String
    private var told = ContinuousClock.now

    init(tag: String) { self.tag = tag }

    mutating func tell(_ done: Int, of goal: Int, _ session: IMAPSession)
        async throws(CommandFailure)
    {
        let now = ContinuousClock.now
        guard done < goal, now - told >= Self.interval else { return }
        told = now
        session.output.writeUntagged(
            .ok, code: "INPROGRESS (\"\(tag)\" \(done) \(goal))", "Still searching")
        do throws(ConnectionError) { try await session.flush() } catch { throw .connection(error) }
    }
}
