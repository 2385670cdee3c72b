import IMAP
import NIOCore
import Testing

@Suite struct SearchReplyTests {
    @Test(arguments: [
        ([], [2, 3, 4, 7], "* ESEARCH (TAG \"a\") UID ALL 2:4,7\r\n"),
        ([], [], "* ESEARCH (TAG \"a\") UID\r\n"),
        ([.min, .count], [2, 3, 9], "* ESEARCH (TAG \"a\") UID MIN 2 COUNT 3\r\n"),
        ([.min, .max, .all, .count], [], "* ESEARCH (TAG \"a\") UID COUNT 0\r\n"),
        ([.max, .save], [2, 9], "* ESEARCH (TAG \"a\") UID MAX 9\r\n"),
        (
            [.partial(PartialRange(first: 2, last: 3))], [5, 6, 7, 8],
            "* ESEARCH (TAG \"a\") UID PARTIAL (2:3 6:7)\r\n"
        ),
        (
            [.partial(PartialRange(first: -1, last: -2))], [5, 6, 7, 8],
            "* ESEARCH (TAG \"a\") UID PARTIAL (-1:-2 7:8)\r\n"
        ),
        (
            [.partial(PartialRange(first: 5, last: 9))], [5, 6, 7, 8],
            "* ESEARCH (TAG \"a\") UID PARTIAL (5:9 NIL)\r\n"
        ),
        (
            [.partial(PartialRange(first: 9, last: 3))], [5, 6, 7, 8],
            "* ESEARCH (TAG \"a\") UID PARTIAL (3:9 7:8)\r\n"
        ),
        ([.all], [9, 8, 4, 5, 6], "* ESEARCH (TAG \"a\") UID ALL 9,8,4:6\r\n"),
    ] as [([SearchReturn], [UInt32], String)])
    func extended(returns: [SearchReturn], numbers: [UInt32], expected: String) {
        var buffer = ByteBuffer()
        SearchReply(tag: "a", isUID: true, returns: returns, numbers: numbers)
            .writeExtended(to: &buffer)
        #expect(String(buffer: buffer) == expected)
    }

    /// RFC 7162 section 3.1.10, RFC 5182 section 2.4, RFC 9394 section 3.2.
    @Test(arguments: [
        ([], 30, [1, 2, 3, 4]),
        ([.min], 10, [1]),
        ([.max], 9, [4]),
        ([.min, .max], 10, [1, 4]),
        ([.min, .count], 30, [1, 2, 3, 4]),
        ([.all, .max], 30, [1, 2, 3, 4]),
        ([.partial(PartialRange(first: 2, last: 2)), .min], 20, [1, 2]),
    ] as [([SearchReturn], Int, [UInt32])])
    func whatOptionsConcern(returns: [SearchReturn], modSequence: Int, saved: [UInt32]) {
        var reply = SearchReply(tag: "a", isUID: false, returns: returns, numbers: [1, 2, 3, 4])
        reply.modSequences = [10, 20, 30, 9]
        #expect(reply.saved == saved)
        var buffer = ByteBuffer()
        reply.writeExtended(to: &buffer)
        #expect(String(buffer: buffer).hasSuffix(" MODSEQ \(modSequence)\r\n"))
    }

    @Test func plain() {
        var buffer = ByteBuffer()
        var reply = SearchReply(tag: "a", isUID: false, returns: [], numbers: [])
        reply.modSequences = []
        reply.writePlain("SEARCH", to: &buffer)
        reply.numbers = [3, 1]
        reply.modSequences = [7, 8]
        reply.writePlain("SORT", to: &buffer)
        #expect(String(buffer: buffer) == "* SEARCH\r\n* SORT 3 1 (MODSEQ 8)\r\n")
    }

    @Test func correlatorAndRelevancy() {
        var buffer = ByteBuffer()
        var reply = SearchReply(tag: "a", isUID: true, returns: [.relevancy, .all], numbers: [4, 5])
        reply.relevancies = [3, 100]
        reply.mailbox = SearchedMailbox(name: "a b", uidValidity: 3, isUTF8: true)
        reply.writeExtended(to: &buffer)
        #expect(
            String(buffer: buffer)
                == "* ESEARCH (TAG \"a\" MAILBOX \"a b\" UIDVALIDITY 3) UID ALL 4:5"
                + " RELEVANCY (3 100)\r\n")
    }

    @Test func savingAloneTellsNothing() {
        #expect(!SearchReply(tag: "a", isUID: true, returns: [.save], numbers: [1]).isWanted)
        #expect(SearchReply(tag: "a", isUID: true, returns: [.save, .count], numbers: [1]).isWanted)
        #expect(SearchReply(tag: "a", isUID: true, returns: [], numbers: [1]).isWanted)
    }
}
