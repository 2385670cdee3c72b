import NIOCore

/// What the connections of one event loop share: the task executor, pauses, the list of connections with
/// the one timer that watches all their deadlines, and the receive buffer.
///
/// Touched only on the loop, but for `eventLoop` and `executor`.
final class LoopContext: @unchecked Sendable {
    /// How late a deadline may be noticed.
    static let sweepInterval = TimeAmount.seconds(1)

    let eventLoop: any EventLoop
    let executor: EventLoopExecutor
    let pauses: Pauses
    private(set) var connections = ContiguousArray<ConnectionHandler>()
    private var isSweepScheduled = false
    private var receiveBuffer: ByteBuffer?

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        executor = EventLoopExecutor(eventLoop)
        pauses = Pauses(eventLoop)
    }

    /// At once when called on the loop.
    func execute(_ body: @escaping @Sendable () -> Void) {
        if eventLoop.inEventLoop {
            body()
        } else {
            eventLoop.execute(body)
        }
    }

    func add(_ connection: ConnectionHandler) {
        connection.registryIndex = connections.count
        connections.append(connection)
        scheduleSweep()
    }

    func remove(_ connection: ConnectionHandler) {
        let index = connection.registryIndex
        let last = connections.removeLast()
        if last !== connection {
            connections[index] = last
            last.registryIndex = index
        }
    }

    /// One timer for all connections, and none while there are none: a sweep over thousands costs
    /// less than a timer moved at every command.
    private func scheduleSweep() {
        guard !isSweepScheduled else { return }
        isSweepScheduled = true
        eventLoop.scheduleTask(in: Self.sweepInterval) { self.sweep() }
    }

    private func sweep() {
        isSweepScheduled = false
        let now = NIODeadline.now()
        for connection in connections {
            connection.sweep(now)
        }
        if !connections.isEmpty {
            scheduleSweep()
        }
    }

    /// An empty buffer of `ReceiveAllocator.largeSize`; `giveBack` saves the next allocation.
    func takeReceiveBuffer(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard var buffer = receiveBuffer.take() else {
            return allocator.buffer(capacity: ReceiveAllocator.largeSize)
        }
        buffer.clear()
        return buffer
    }

    func giveBack(_ buffer: ByteBuffer) {
        receiveBuffer = buffer
    }
}
