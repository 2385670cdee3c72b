import MailModel
import Testing

@testable import IMAP

@Suite struct GrammarSearchTests {
    private static let keysCases: [(String, SearchKey)] = [
        ("ALL", SearchKey.all), ("seen", .flag(.seen)), ("UNSEEN", .not(.flag(.seen))), ("NEW", .and([.recent, .not(.flag(.seen))])), ("RECENT", .recent), ("OLD", .not(.recent)),
        ("ANSWERED DELETED", .and([.flag(.answered), .flag(.deleted)])),
        ("(FLAGGED)", .flag(.flagged)), ("( DRAFT  1:* )", .and([.flag(.draft), .messages(.of((1, nil)))])),
        ("OR UNFLAGGED (UNDRAFT UNDELETED)", .or(.not(.flag(.flagged)), .and([.not(.flag(.draft)), .not(.flag(.deleted))]))),
        ("NOT UNANSWERED", .not(.not(.flag(.answered)))), ("$", .messages(.savedResult)), ("UID $", .uid(.savedResult)),
        ("UID 5,*", .uid(.of((5, 5), (nil, nil)))), ("*", .messages(.of((nil, nil)))),
        ("KEYWORD $Junk UNKEYWORD x", .and([.keyword("$Junk"), .not(.keyword("x"))])),
        ("BEFORE 1-Jan-1970", .before(0)), ("ON \"29-Feb-2024\"", .on(19782)), ("SINCE 01-JAN-1971", .since(365)),
        ("SENTBEFORE 2-Jan-1970 SENTON 3-Jan-1970 SENTSINCE 31-Dec-1969", .and([.sentBefore(1), .sentOn(2), .sentSince(-1)])),
        ("SAVEDBEFORE 2-Jan-1970 SAVEDON 3-Jan-1970 SAVEDSINCE 4-Jan-1970 SAVEDATESUPPORTED", .and([.savedBefore(1), .savedOn(2), .savedSince(3), .saveDateSupported])),
        ("OLDER 60 YOUNGER 4294967295", .and([.older(60), .younger(.max)])), ("LARGER 0 SMALLER 9999999999", .and([.larger(0), .smaller(9_999_999_999)])),
        ("FROM a TO \"b c\" CC {1+}\r\nd BCC \"\" SUBJECT \"ü\"", .and([.from(bytes("a")), .to(bytes("b c")), .cc(bytes("d")), .bcc([]), .subject(bytes("ü"))])),
        ("BODY x TEXT y HEADER Message-ID \"<a@b>\"", .and([.body(bytes("x")), .text(bytes("y")), .header(name: "Message-ID", bytes("<a@b>"))])),
        ("MODSEQ 0", .modSequence(0)), ("MODSEQ \"/flags/\\\\draft\" all 620162338", .modSequence(620_162_338)),
        ("EMAILID M6d99ac3275bb4e THREADID T64b478a75b7ea9", .and([.emailID("M6d99ac3275bb4e"), .threadID("T64b478a75b7ea9")])),
        ("FUZZY (SUBJECT a)", .fuzzy(.subject(bytes("a")))), ("NOT FUZZY OR 1 2", .not(.fuzzy(.or(.messages(.of((1, 1))), .messages(.of((2, 2))))))),
    ]

    @Test(arguments: GrammarSearchTests.keysCases)
    func keys(_ text: String, _ key: SearchKey) throws {
        #expect(try parse("SEARCH \(text)") == .search(.init(isUID: false, returns: nil, key: key)))
        #expect(try parse("UID SEARCH CHARSET utf-8 \(text) ") == .search(.init(isUID: true, returns: nil, charset: "UTF-8", key: key)))
    }

    private static let returnsCases: [(String, [SearchReturn])] = [
        ("RETURN () ALL", [SearchReturn]()), ("return (MIN MAX ALL COUNT SAVE) ALL", [.min, .max, .all, .count, .save]),
        ("RETURN (UPDATE CONTEXT RELEVANCY PARTIAL 1:500) ALL", [.update([]), .context, .relevancy, .partial(.init(first: 1, last: 500))]),
        ("RETURN (UPDATE (UID BODY.PEEK[HEADER]) COUNT) ALL", [.update([.uid, .section(.init(part: [], text: .header, peek: true))]), .count]),
        ("RETURN (COUNT update(FLAGS)) ALL", [.count, .update([.flags])]),
        ("RETURN (COUNT PARTIAL -1:-100) ALL", [.count, .partial(.init(first: -1, last: -100))]),
    ]

    @Test(arguments: GrammarSearchTests.returnsCases)
    func returns(_ text: String, _ returns: [SearchReturn]) throws {
        #expect(try parse("UID SEARCH \(text)") == .search(.init(isUID: true, returns: returns, key: .all)))
    }

    @Test func sortAndThread() throws {
        #expect(
            try parse("SORT (REVERSE DATE subject DISPLAYFROM) utf-8 UNSEEN 1:5")
                == .sort(.init(
                    criteria: [.init(key: .date, isReverse: true), .init(key: .subject, isReverse: false), .init(key: .displayFrom, isReverse: false)],
                    search: .init(isUID: false, returns: nil, charset: "UTF-8", key: .and([.not(.flag(.seen)), .messages(.of((1, 5)))])))))
        #expect(
            try parse("UID SORT RETURN (PARTIAL 1:10) (ARRIVAL CC FROM SIZE TO DISPLAYTO RELEVANCY) \"US-ASCII\" ALL")
                == .sort(.init(
                    criteria: [.arrival, .cc, .from, .size, .to, .displayTo, .relevancy].map { .init(key: $0, isReverse: false) },
                    search: .init(isUID: true, returns: [.partial(.init(first: 1, last: 10))], charset: "US-ASCII", key: .all))))
        for (name, algorithm) in [("ORDEREDSUBJECT", ThreadCommand.Algorithm.orderedSubject), ("references", .references), ("REFS", .refs)] {
            #expect(
                try parse("UID THREAD \(name) UTF-8 SINCE 5-Mar-2000")
                    == .thread(.init(algorithm: algorithm, search: .init(isUID: true, returns: nil, charset: "UTF-8", key: .since(11021)))))
        }
    }

    @Test func nestingIsBounded() throws {
        let limits = CommandLimits()
        for (open, close) in [("(", ")"), ("NOT ", ""), ("FUZZY ", ""), ("OR 1 ", "")] {
            for (depth, isFine) in [(limits.maximumNesting, true), (limits.maximumNesting + 1, false), (4000, false)] {
                let text = String(repeating: open, count: depth) + "ALL" + String(repeating: close, count: depth)
                if isFine { _ = try parse("SEARCH \(text)") } else { #expect { try parse("SEARCH \(text)") } throws: { ($0 as? SyntaxError)?.kind == .overLimit } }
            }
        }
        let wide = Array(repeating: "1", count: limits.maximumSearchKeys)
        _ = try parse("SEARCH " + wide.joined(separator: " "))
        #expect { try parse("SEARCH (ALL) " + wide.joined(separator: " ")) } throws: { ($0 as? SyntaxError)?.kind == .overLimit }
    }
}
