internal import NIOCore
internal import Transport

/// Logs in over a connection: moves the octets between it and the dialogue.
struct HomeLogin<Dialogue: HomeDialogue> {
    private static var maximumLineLength: Int { 8192 }
    private static var maximumLines: Int { 100 }

    let connection: Connection
    let host: String
    let timeout: Duration
    var dialogue: Dialogue
    /// Nil for TLS that is on already.
    let startTLS: (TLSClientContext, PeerVerification)?
    private var input = ByteBuffer()
    private var output = ByteBuffer()

    init(
        _ dialogue: Dialogue, over connection: Connection, to host: String, timeout: Duration,
        startTLS: (TLSClientContext, PeerVerification)?
    ) {
        self.dialogue = dialogue
        self.connection = connection
        self.host = host
        self.timeout = timeout
        self.startTLS = startTLS
    }

    mutating func run() async -> Result<HomeConnection, HomeFailure> {
        connection.setReadDeadline(timeout)
        do throws(ConnectionError) {
            for _ in 0..<Self.maximumLines {
                guard let line = try await nextLine() else {
                    return .failure(HomeFailure(.unavailable, "it closed the connection"))
                }
                switch dialogue.take(line, &output) {
                case .read: try await flush()
                case .startTLS: try await beginTLS()
                case .failed(let failure): return .failure(failure)
                case .loggedIn(let answer):
                    return .success(
                        HomeConnection(
                            connection: connection, host: host, answer: answer, unread: input))
                }
            }
            return .failure(HomeFailure(.unavailable, "it does not come to an end"))
        } catch {
            return .failure(HomeFailure(.unavailable, error.reason))
        }
    }

    private mutating func beginTLS() async throws(ConnectionError) {
        guard let (context, verification) = startTLS else { throw .tls("TLS is on already") }
        try await connection.startTLS(
            context, serverName: host, verification: verification, unparsed: input,
            timeout: timeout)
        connection.setReadDeadline(timeout)
        dialogue.tlsEstablished(&output)
        try await flush()
    }

    private mutating func flush() async throws(ConnectionError) {
        guard output.readableBytes > 0 else { return }
        let bytes = output
        output = ByteBuffer()
        try await connection.write(bytes)
    }

    /// Without its end, in printable ASCII. Nil at the end of the input.
    private mutating func nextLine() async throws(ConnectionError) -> String? {
        while true {
            if let end = input.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let line = input.readSlice(length: end - input.readerIndex)
                input.moveReaderIndex(forwardBy: 1)
                return line.map { Self.text($0) }
            }
            guard input.readableBytes < Self.maximumLineLength else {
                throw .io("it sends a line that is too long")
            }
            guard let bytes = try await connection.read() else { return nil }
            input.writeImmutableBuffer(bytes)
        }
    }

    private static func text(_ line: ByteBuffer) -> String {
        let octets = line.readableBytesView
        let isTerminated = octets.last == UInt8(ascii: "\r")
        return String(
            decoding: (isTerminated ? octets.dropLast() : octets)
                .map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") },
            as: UTF8.self)
    }
}
