import NIOCore
import NIOPosix

/// The threads that serve connections: event loops. One group serves all listeners of the process.
package final class TransportGroup: Sendable {
    let group: MultiThreadedEventLoopGroup
    let loops: [LoopContext]

    /// One for each two processors: the log, the index, the directory and the system's network work
    /// need theirs, and a loop that finds more to do each time it wakes does it for less.
    package static let usualThreads = (System.coreCount + 1) / 2

    package init(threads: Int = usualThreads) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        loops = group.makeIterator().map(LoopContext.init)
    }

    /// For tasks that work with connections: one for each loop.
    package var executors: [any TaskExecutor] { loops.map(\.executor) }

    /// On each connection's loop.
    func forEachConnection(
        of owner: any ConnectionOwner, _ body: @escaping @Sendable (ConnectionHandler) -> Void
    ) {
        for loop in loops {
            loop.eventLoop.execute {
                for connection in loop.connections where connection.owner === owner {
                    body(connection)
                }
            }
        }
    }

    /// Ends the threads. Every listener and connector must have been shut down before.
    package func shutDown() async throws {
        try await group.shutdownGracefully()
    }
}
