import Testing

@testable import IMAP

@Suite struct GrammarInvalidTests {
    private static let syntaxCases: [String] = [
        "NOOP x", "LOGOUT now", "LOGIN", "LOGIN a", "LOGIN a b c", "LOGIN  a", "LOGIN \"a b", "LOGIN \"a\\b\" c", "LOGIN a(b) c", "LOGIN (a) b",
        "AUTHENTICATE", "AUTHENTICATE PLAIN a b", "AUTHENTICATE \"PLAIN\"", "ENABLE", "ENABLE (A)", "COMPRESS", "ID", "ID x", "ID (a)", "ID (a b",
        "SELECT", "SELECT a b", "SELECT a ()", "SELECT a (FOO)", "SELECT a (QRESYNC)", "SELECT a (QRESYNC (0 1))", "SELECT a (QRESYNC (1 0))", "SELECT a (QRESYNC (1))",
        "SELECT a (QRESYNC (1 2 *))", "SELECT a (QRESYNC (1 2 $))", "SELECT a (QRESYNC (1 2 1:3 (1:3 5:6)))", "SELECT a (QRESYNC (1 2) QRESYNC (1 2))",
        "CREATE", "CREATE a (USE)", "CREATE a (USE (Sent))", "CREATE a (FOO x)", "RENAME a", "DELETE a*b", "DELETE a b", "DELETE \"a\u{0}b\"",
        "LIST", "LIST \"\"", "LIST a b c", "LIST (FOO) a b", "LIST (RECURSIVEMATCH) a b", "LIST (RECURSIVEMATCH SPECIAL-USE) a b", "LIST a () RETURN (CHILDREN)",
        "LIST a b RETURN", "LIST a b RETURN (FOO)", "LIST a b RETURN (STATUS)", "LIST a b RETURN (STATUS ())", "LSUB a",
        "STATUS a", "STATUS a ()", "STATUS a MESSAGES", "STATUS a (FOO)", "STATUS a (MESSAGES", "STATUS a (MESSAGES)(UNSEEN)",
        "SETQUOTA a", "SETQUOTA a (STORAGE)", "SETQUOTA a (STORAGE -1)", "SETACL a b", "SETACL a b c d", "GETACL", "LISTRIGHTS a",
        "GETMETADATA a", "GETMETADATA a foo", "GETMETADATA a /a/*", "GETMETADATA a (/a%)", "GETMETADATA a /a/", "GETMETADATA a /a//b", "GETMETADATA (DEPTH 2) a /b",
        "SETMETADATA a /b c", "SETMETADATA a (/b)", "SETMETADATA a (/b c)", "NOTIFY", "NOTIFY SET", "NOTIFY SET (selected)", "NOTIFY SET (selected ())", "NOTIFY SET (foo NONE)",
        "NOTIFY SET (subtree NONE)", "NOTIFY SET selected NONE", "ESEARCH", "ESEARCH IN () ALL", "ESEARCH IN (selected-delayed) ALL", "ESEARCH IN (mailboxes a (x y)) ALL",
        "UID", "UID NOOP", "UID FETCH", "UID EXPUNGE", "UID EXPUNGE x", "EXPUNGE 1",
        "FETCH", "FETCH 1", "FETCH 1 ()", "FETCH 0 FLAGS", "FETCH 1: FLAGS", "FETCH 1,,2 FLAGS", "FETCH 1, FLAGS", "FETCH 1:2:3 FLAGS", "FETCH 4294967296 FLAGS", "FETCH -1 FLAGS",
        "FETCH 1,$ FLAGS", "FETCH 1 FOO", "FETCH 1 (FLAGS", "FETCH 1 FLAGS UID", "FETCH 1 (ALL)", "FETCH 1 (FLAGS)UID", "FETCH 1 BODY[", "FETCH 1 BODY[FOO]", "FETCH 1 BODY[MIME]", "FETCH 1 BODY[0]",
        "FETCH 1 BODY[1.]", "FETCH 1 BODY[1.0]", "FETCH 1 BODY[HEADER.FIELDS]", "FETCH 1 BODY[HEADER.FIELDS ()]", "FETCH 1 BODY[HEADER.FIELDS (a:b)]", "FETCH 1 BODY[]<1>", "FETCH 1 BODY[]<0.0>", "FETCH 1 BODY[]<1.2",
        "FETCH 1 BODY.PEEK", "FETCH 1 FLAGS[]", "FETCH 1 BINARY", "FETCH 1 BINARY[TEXT]", "FETCH 1 FLAGS (FOO)", "FETCH 1 FLAGS (VANISHED)", "UID FETCH 1 FLAGS (VANISHED)", "FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)",
        "FETCH 1 FLAGS (PARTIAL 1:2)", "UID FETCH 1 FLAGS (PARTIAL 1:-2)", "UID FETCH 1 FLAGS (PARTIAL 0:2)", "UID FETCH 1 FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 2)", "FETCH 1 FLAGS (CHANGEDSINCE 0)", " NOOP", "UID  FETCH 1 FLAGS",
        "STORE 1", "STORE 1 FLAGS", "STORE 1 FOO (x)", "STORE 1 *FLAGS (x)", "STORE 1 FLAGS (\\Recent)", "STORE 1 FLAGS (\\Foo)", "STORE 1 FLAGS (\\)", "STORE 1 FLAGS (a]b)", "STORE 1 FLAGS (a b",
        "STORE 1 (UNCHANGEDSINCE) FLAGS ()", "STORE 1 (UNCHANGEDSINCE 1 UNCHANGEDSINCE 2) FLAGS ()", "STORE 1 FLAGS.LOUD ()", "COPY 1", "COPY a b",
        "SEARCH", "SEARCH FOO", "SEARCH CHARSET UTF-8", "SEARCH ()", "SEARCH (ALL", "SEARCH ALL)", "SEARCH NOT", "SEARCH OR ALL", "SEARCH SINCE", "SEARCH SINCE 1-Foo-1994", "SEARCH SINCE 30-Feb-1994", "SEARCH SINCE 1-Jan-94",
        "SEARCH SINCE 0-Jan-1994", "SEARCH ON \"1-Jan-1994", "SEARCH LARGER x", "SEARCH LARGER 9223372036854775808", "SEARCH OLDER 0", "SEARCH KEYWORD \\Seen", "SEARCH HEADER a", "SEARCH SUBJECT", "SEARCH MODSEQ", "SEARCH MODSEQ \"/flags/a\" 5",
        "SEARCH EMAILID ", "SEARCH RETURN ALL", "SEARCH RETURN (FOO) ALL", "SEARCH RETURN (ALL PARTIAL 1:2) ALL", "SEARCH RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL", "SEARCH RETURN (COUNT)", "SEARCH RETURN (UPDATE ()) ALL", "SEARCH RETURN (UPDATE (FOO)) ALL", "SEARCH RETURN (COUNT (UID)) ALL",
        "SORT (DATE) UTF-8", "SORT (DATE) ", "SORT () UTF-8 ALL", "SORT DATE UTF-8 ALL", "SORT (REVERSE) UTF-8 ALL", "SORT (FOO) UTF-8 ALL", "THREAD REFERENCES UTF-8", "THREAD FOO UTF-8 ALL", "CANCELUPDATE", "CANCELUPDATE A1",
        "APPEND", "APPEND a", "APPEND a b", "APPEND a (\\Seen)", "APPEND a (\\Recent) {1}", "APPEND a \"1-Jan-1994\" {1}", "APPEND a \" 1-Jan-1994 24:00:00 +0000\" {1}", "APPEND a \"31-Jun-1994 20:00:00 +0000\" {1}", "REPLACE a b {1}", "REPLACE 1:2 b {1}", "UID REPLACE",
        "REPLACE $ b {1}", "LOGIN {5}x", "LOGIN {x}", "LOGIN {-1}", "SELECT ~{1+}\r\na",
    ]

    @Test(arguments: GrammarInvalidTests.syntaxCases)
    func syntax(_ text: String) throws {
        let events = read("a \(text)\r\nb NOOP\r\n").filter { if case .append = $0 { false } else { true } }
        switch events.first {
        case .invalid("a", let error): #expect(error.kind == .syntax, "\(error.text)")
        case .appending(.failed(let error)): #expect(error.kind == .syntax, "\(error.text)")
        default: Issue.record("\(events)")
        }
        #expect(events.dropFirst() == [.command(tag: "b", .noop)])
    }

    private static func many(_ text: String, _ count: Int, _ separator: String) -> String {
        Array(repeating: text, count: count).joined(separator: separator)
    }

    private static let kindsCases: [(String, SyntaxError.Kind)] = [
        ("FOO", .unknownCommand), ("NOOP\t", .syntax), ("NOOPx", .unknownCommand), ("FETCH\u{fc}", .syntax), ("(", .unknownCommand),
        ("CREATE a (USE (\\Foo))", .badUse), ("NOTIFY SET (selected (Foo))", .badEvent), ("SEARCH CHARSET \"\" ALL", .badCharset),
        ("LOGIN {70000}", .overLimit), ("LIST \"\" (\(many("a", 1001, " ")))", .overLimit),
        ("FETCH \(many("1", 20001, ",")) FLAGS", .overLimit), ("FETCH 1 BODY[\(many("1", 101, "."))]", .overLimit),
    ]

    @Test(arguments: GrammarInvalidTests.kindsCases)
    func kinds(_ text: String, _ kind: SyntaxError.Kind) {
        #expect { try parse(text) } throws: { ($0 as? SyntaxError)?.kind == kind }
    }

    private static let badTags: [String] = [
        "", " ", " a NOOP", "+", "a+b NOOP", "(a) NOOP", "a\u{0} NOOP", "é NOOP", "\(many("a", 256, "")) NOOP", "\r", "\"a\" NOOP",
    ]

    @Test(arguments: GrammarInvalidTests.badTags)
    func tags(_ line: String) {
        guard case .invalid(nil, let error) = read("\(line)\r\n").first else {
            Issue.record("\(read("\(line)\r\n"))")
            return
        }
        #expect(error.kind == .syntax)
    }

    /// No excerpt of a command, which may be a password, stands in the text of an error.
    @Test func textsTellNothing() {
        for text in ["LOGIN alice secret secret", "LOGIN alice \"secret", "AUTHENTICATE PLAIN secret secret"] {
            #expect { try parse(text) } throws: { !(($0 as? SyntaxError)?.text ?? "secret").contains("secret") }
        }
        #expect { try parse("FETCH 1 (FLAGS FOO)") } throws: {
            ($0 as? SyntaxError)?.text == "expected an item, like FLAGS or BODY[] at octet 18 of the command"
        }
    }
}
