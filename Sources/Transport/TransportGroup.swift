import NIOCore
import NIOPosix

/// The threads that serve connections: one event loop per core. One group serves all listeners of
/// the process.
package final class TransportGroup: Sendable {
    let group: MultiThreadedEventLoopGroup
    let loops: [LoopContext]

    package init(threads: Int = System.coreCount) {
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
