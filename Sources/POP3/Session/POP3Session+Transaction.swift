internal import NIOCore

/// The commands of the TRANSACTION state (RFC 1939 sections 5 and 7).
extension POP3Session {
    /// `STAT`: messages and octets, those marked as deleted not counted.
    mutating func stat(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        try arguments.end()
        return answer(.total, &replies)
    }

    /// `LIST [msg-number]`
    mutating func list(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        let number = try arguments.nextOptionalNumber()
        try arguments.end()
        guard let number else { return answer(.listing, &replies) }
        guard let index = find(number, &replies) else { return nil }
        return answer(.message(index), &replies)
    }

    /// `UIDL [msg-number]`
    mutating func uidl(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        let number = try arguments.nextOptionalNumber()
        try arguments.end()
        guard let number else {
            maildrop?.write(.uniqueID, &replies)
            return nil
        }
        guard let index = find(number, &replies) else { return nil }
        maildrop?.write(.uniqueID, index, &replies)
        return nil
    }

    /// `RETR msg-number`
    mutating func retr(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        let number = try arguments.nextNumber()
        try arguments.end()
        guard let index = find(number, &replies) else { return nil }
        return .retrieve(index: index, bodyLines: nil)
    }

    /// `TOP msg-number lines`
    mutating func top(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        let number = try arguments.nextNumber()
        let lines = try arguments.nextNumber()
        try arguments.end()
        guard let index = find(number, &replies) else { return nil }
        return .retrieve(index: index, bodyLines: lines)
    }

    /// `DELE msg-number`: a mark, which only UPDATE makes good.
    mutating func dele(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        let number = try arguments.nextNumber()
        try arguments.end()
        guard let index = find(number, &replies) else { return nil }
        maildrop?.delete(index)
        POP3Reply.ok("marked as deleted", &replies)
        return nil
    }

    mutating func noop(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        try arguments.end()
        POP3Reply.ok("nothing done", &replies)
        return nil
    }

    /// `RSET`: takes the marks back.
    mutating func rset(
        _ arguments: Arguments, _ replies: inout ByteBuffer
    ) throws(ArgumentError) -> POP3Action? {
        var arguments = arguments
        try arguments.end()
        maildrop?.undelete()
        POP3Reply.ok("nothing is marked as deleted", &replies)
        return nil
    }

    private func find(_ number: Int, _ replies: inout ByteBuffer) -> Int? {
        guard let index = maildrop?.index(of: number) else {
            POP3Reply.error("no such message", &replies)
            return nil
        }
        return index
    }
}
