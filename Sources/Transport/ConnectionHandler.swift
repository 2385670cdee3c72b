import NIOCore
import Synchronization

/// The state of one connection and the only handler in its pipeline: input buffer, waiting reader
/// and writers, TLS, compression, deadlines, orderly close. TLS is in here and not a handler of its own: a
/// record then costs no pipeline events, and STARTTLS changes no pipeline.
///
/// Touched only on the connection's loop, but for `loop`, `owner`, `session` and `isWakeRequested`.
final class ConnectionHandler: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    typealias ReadResult = Result<ConnectionEvent, ConnectionError>
    typealias VoidResult = Result<Void, ConnectionError>

    /// Unread input beyond this, inflated, stops reading from the socket.
    static let inputLimit = 64 * 1024
    static let streamingChunk = 512

    let loop: LoopContext
    let owner: any ConnectionOwner
    let remoteAddress: PeerAddress
    /// Of an outgoing connection known from `connected()` on.
    var localAddress: PeerAddress
    var registryIndex = 0

    var context: ChannelHandlerContext?
    var phase: Phase
    /// Why the connection ended; nil while it has not.
    var failure: ConnectionError?
    /// Ends a handshake, a close or a lingering close that takes too long.
    var phaseDeadline = NIODeadline.distantFuture

    // Reading.
    var input = ByteBuffer()
    var isInputEnded = false
    var reader: UnsafeContinuation<ReadResult, Never>?
    var readerWait = ReaderWait.plain
    /// Sweeps that a brief wait has seen.
    var readerSweeps = 0
    /// Set by any thread, taken by the reader.
    let isWakeRequested = Atomic(false)
    var readDeadline = NIODeadline.distantFuture
    var isReadSuppressed = false
    var isShutdownPending = false
    var isShutdownAnnounced = false
    /// The last chunk was large, or filled its buffer: the client is likely still sending.
    var isStreaming = false

    // Writing.
    var isOutputEnded = false
    var isCorked = false
    /// We end the connection, and the peer has not asked for that: it may be sending.
    var isPeerSurprised = false
    var writers: [UnsafeContinuation<VoidResult, Never>] = []
    /// Bytes that wait for room in the socket before they are compressed and encrypted.
    var outgoing = ByteBuffer()
    /// Written since the last sweep, or not all sent at it.
    var mayHaveUnsent = false
    var lastUnsent = 0
    var stallDeadline = NIODeadline.distantFuture

    /// Waits for the connection to be up, or for the handshake's end.
    var opener: UnsafeContinuation<VoidResult, Never>?
    var engine: TLSEngine?
    private let establishedSession = Mutex<TLSSession?>(nil)

    /// From the client's COMPRESS on.
    var compression: Compression?

    private var wasActive = false
    private var isSessionRunning = false
    var closers: [UnsafeContinuation<Void, Never>] = []

    /// What besides input, the connection's end and its failure ends the reader's wait.
    enum ReaderWait {
        case plain
        /// `wake()`.
        case wakeable
        /// `wake()`, and some time.
        case brief
    }

    enum Phase {
        /// An outgoing connection that the peer has not accepted yet.
        case connecting
        /// In the TLS handshake.
        case handshaking
        case open
        /// Unsent bytes are going out, then the socket is closed.
        case closing
        /// Our side is closed; input is read and dropped until the client closes its side.
        case lingering
        case closed
    }

    init(
        loop: LoopContext, owner: any ConnectionOwner, remote: PeerAddress, local: PeerAddress,
        phase: Phase = .open
    ) {
        self.loop = loop
        self.owner = owner
        self.phase = phase
        remoteAddress = remote
        localAddress = local
    }

    /// The established TLS session; from any thread.
    var session: TLSSession? {
        get { establishedSession.withLock { $0 } }
        set { establishedSession.withLock { $0 = newValue } }
    }

    /// What every connection's socket is set to.
    static func configure(_ channel: any Channel, _ loop: LoopContext, isTLS: Bool) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(.recvAllocator, value: ReceiveAllocator(loop, isTLS: isTLS))
        // A peer that has closed its side still gets what we have to say.
        try options.setOption(.allowRemoteHalfClosure, value: true)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loop.remove(self)
        // A socket that could not be registered or connected is closed without ever having been
        // active.
        if !wasActive {
            phase = .closed
            owner.connectionEnded(self)
        }
    }

    func channelActive(context: ChannelHandlerContext) {
        wasActive = true
        owner.connectionOpened(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let chunk = Self.unwrapInboundIn(data)
        loop.pauses.check()
        switch phase {
        case .handshaking, .open:
            receive(chunk)
        case .connecting, .closing, .lingering, .closed:
            break
        }
        if chunk.storageCapacity >= ReceiveAllocator.largeSize {
            loop.giveBack(chunk)
        }
    }

    /// Called by the channel whenever it would read on; not passing it on is the back-pressure.
    func read(context: ChannelHandlerContext) {
        let hasRoom = input.readableBytes < Self.inputLimit && compression?.isBehind != true
        if hasRoom && context.channel.isWritable {
            context.read()
        } else {
            isReadSuppressed = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            becameWritable()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            endInput()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        abort(ConnectionError(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closed
        if isOutputEnded && failure == nil {
            // Both sides have said all; the peer's end has no event of its own then.
            isInputEnded = true
            deliver()
        }
        fail(.closed)
        engine = nil
        compression = nil
        for closer in closers {
            closer.resume()
        }
        closers = []
        if !isSessionRunning {
            owner.connectionEnded(self)
        }
    }

    // MARK: Session

    /// Runs a listener's handler as the connection's one task, on this loop.
    func startSession(_ serve: @escaping @Sendable (Connection) async -> Void) {
        isSessionRunning = true
        let connection = Connection(self)
        Task(executorPreference: loop.executor) {
            await serve(connection)
            await connection.close()
            self.owner.connectionEnded(self)
        }
    }

    /// The next `read()` throws `.shuttingDown`, once. A handshake is cut off.
    func announceShutdown() {
        isShutdownAnnounced = true
        if phase == .handshaking && !isSessionRunning {
            abort(.shuttingDown)
        } else if let reader = reader.take() {
            reader.resume(returning: .failure(.shuttingDown))
        } else {
            isShutdownPending = true
        }
    }

    // MARK: Deadlines

    /// Called every second.
    func sweep(_ now: NIODeadline) {
        if now >= phaseDeadline {
            abort(.timedOut)
            return
        }
        if now >= readDeadline, let reader = reader.take() {
            reader.resume(returning: .failure(.timedOut))
        }
        endBriefWait()
        if mayHaveUnsent {
            checkProgress(now)
        }
        compression?.sweep(isFlushed: outgoing.readableBytes == 0)
    }
}
