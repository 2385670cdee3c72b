import NIOCore
import NIOPosix

/// The threads that serve connections: one event loop per core. One group serves all listeners of
/// the process.
package final class TransportGroup: Sendable {
    private let group: MultiThreadedEventLoopGroup
    let loops: [LoopContext]

    package init(threads: Int = System.coreCount) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        loops = group.makeIterator().map(LoopContext.init)
    }

    /// Ends the threads. Every listener must have been shut down before.
    package func shutDown() async throws {
        try await group.shutdownGracefully()
    }
}
