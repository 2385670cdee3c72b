import FuzzSupport
import Glibc

@testable import Migration

/// What an import reads: another server's responses, mbox files, dates.
enum ImportTarget {
    static let words = FuzzSupport.words([
        "* 1 FETCH (", "UID 7 ", "FLAGS (\\Seen x) ", "INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" ", "BODY[] {3}\r\nabc", "BODY[HEADER.FIELDS (\"X\")]<0> ",
        "* LIST (\\HasChildren) \"/\" INBOX\r\n", "* OK [UIDVALIDITY 1] x\r\n", "a OK done\r\n", "+ go on\r\n", "* BYE\r\n", "NIL", "{0}\r\n", "{1048577}", "{9999999999999}",
        "(", ")", "[", "]", "\"", "\\", " ", "\r\n", "\n", "\r", "\0", "\u{e9}",
        "From a Sat Jan  3 01:05:34 1996\n", "From ", "17-Jul-1996 02:44:25 -0700", "2147483647", "99999999999", "-", ":", "Jan", ">From x\n", ">>From ", "Status: RO\n", "X-Keywords: a b\n",
    ])

    static func check(_ text: [UInt8], _ dice: inout Dice) throws(Violation) {
        let string = String(decoding: text, as: UTF8.self)
        _ = InternalDate.parse(string)
        _ = MboxDate.parse(string)
        try expect(filtered([text]) == filtered(dice.split(text)), "the filter's output does not depend on pieces")
        try checkResponses(text)
    }

    private static func filtered(_ pieces: [[UInt8]]) -> [UInt8] {
        var filter = MboxFilter()
        var endings = LineEndings()
        var output: [UInt8] = []
        func take(_ kept: UnsafeRawBufferPointer) throws(MigrationError) {
            try endings.convert(kept) { output += $0 }
        }
        for piece in pieces { try? piece.withUnsafeBytes { try filter.feed($0, take) } }
        try? filter.finish(take)
        return output
    }

    private static let path = "/tmp/martlet-fuzz-\(getpid()).sock"

    private static let listener: Int32 = {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        unlink(path)
        let isBound = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        precondition(isBound && listen(listener, 1) == 0)
        atexit { unlink(ImportTarget.path) }
        return listener
    }()

    /// The server's side says all at once and closes.
    private static func checkResponses(_ text: [UInt8]) throws(Violation) {
        let listener = listener
        guard text.count < 64 << 10, let client = try? ClientSocket(path: path) else { return }
        let server = accept(listener, nil, nil)
        _ = send(server, text, text.count, Int32(MSG_NOSIGNAL))
        close(server)
        var reader = ResponseReader(client)
        for _ in 0...text.count {
            guard let response = try? reader.read(sink: { _ in }) else { return }
            _ = (FetchItems(response), response.keyword, response.humanText)
        }
        throw Violation("responses come to an end")
    }
}
