import NIOCore
import NIOPosix
import Testing

/// Speaks to a server as written: `>` lines are sent with CRLF, in one segment with those above;
/// each `<` line begins the last line of the next reply; `#` is the end of the connection; `!` runs
/// `interlude`.
func converse(
    _ port: Int, _ text: String, sourceLocation: SourceLocation = #_sourceLocation,
    interlude: @Sendable () async -> Void = {}
) async throws {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    try await channel.executeThenClose { inbound, outbound in
        var received = inbound.makeAsyncIterator()
        var buffer = ByteBuffer()
        var pending = ByteBuffer()
        for line in text.split(separator: "\n") {
            if line.first == ">" {
                pending.writeString("\(line.dropFirst(2))\r\n")
                continue
            }
            if pending.readableBytes > 0 {
                try await outbound.write(pending)
                pending.clear()
            }
            if line.first == "!" {
                await interlude()
                continue
            }
            var reply: String?
            repeat {
                reply = buffer.readLine()
                if reply == nil {
                    guard var more = try await received.next() else { break }
                    buffer.writeBuffer(&more)
                }
            } while reply == nil || reply?.dropFirst(3).first == "-"
            if line.first == "#" {
                #expect(reply == nil, "closed", sourceLocation: sourceLocation)
            } else {
                #expect(
                    reply?.hasPrefix(line.dropFirst(2)) == true, "\(reply ?? "closed") for \(line)",
                    sourceLocation: sourceLocation)
            }
        }
        if pending.readableBytes > 0 { try await outbound.write(pending) }
    }
}

extension ByteBuffer {
    /// The next line without its CRLF.
    fileprivate mutating func readLine() -> String? {
        guard let end = readableBytesView.firstIndex(of: 10) else { return nil }
        let line = readString(length: end - readerIndex - 1)
        moveReaderIndex(forwardBy: 2)
        return line
    }
}
