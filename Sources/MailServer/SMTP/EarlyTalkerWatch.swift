import NIOCore
import NIOPosix
import Synchronization
import Transport

/// Reads from a client that has not been greeted, and knows whether it has said anything.
final class EarlyTalkerWatch: Sendable {
    private let connection: Connection
    private let spoken = Atomic(false)

    init(_ connection: Connection) { self.connection = connection }

    var hasSpoken: Bool { spoken.load(ordering: .acquiring) }

    func read() async -> Result<ByteBuffer?, ConnectionError> {
        let result = await connection.readResult()
        if case .success(.some) = result { spoken.store(true, ordering: .releasing) }
        return result
    }

    /// Lets the event loop look at its sockets for this long. Its own timer is exact and, other than
    /// `Task.sleep`, leaves the thread alone.
    func wait(_ delay: Duration) async {
        guard let loop = MultiThreadedEventLoopGroup.currentEventLoop else { return }
        await withUnsafeContinuation { continuation in
            loop.scheduleTask(in: TimeAmount(delay)) { continuation.resume() }
        }
    }
}

extension Connection {
    /// `read()` with its error as a value.
    func readResult() async -> Result<ByteBuffer?, ConnectionError> {
        do throws(ConnectionError) {
            return .success(try await read())
        } catch {
            return .failure(error)
        }
    }
}
