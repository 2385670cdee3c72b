import MailModel
import Testing

@testable import IMAP

/// FETCH and STORE.
@Suite struct GrammarMessageTests {
    private static func section(
        _ text: BodySection.Text, part: [Int] = [], peek: Bool = false, partial: BodyPartial? = nil
    ) -> FetchItem { .section(.init(part: part, text: text, peek: peek, partial: partial)) }

    private static let itemsCases: [(String, [FetchItem])] = [
        ("ALL", [FetchItem.flags, .internalDate, .size, .envelope]),
        ("fast", [.flags, .internalDate, .size]), ("FULL", [.flags, .internalDate, .size, .envelope, .body]),
        ("FLAGS", [.flags]), ("(FLAGS)", [.flags]), ("( UID  FLAGS )", [.uid, .flags]),
        ("(INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE MODSEQ EMAILID THREADID SAVEDATE)",
            [.internalDate, .size, .envelope, .body, .bodyStructure, .modSequence, .emailID, .threadID, .saveDate]),
        ("(RFC822 RFC822.HEADER RFC822.TEXT)", [.rfc822, .rfc822Header, .rfc822Text]),
        ("PREVIEW", [.preview(lazy: false)]), ("(PREVIEW (LAZY) UID)", [.preview(lazy: true), .uid]),
        ("PREVIEW (lazy)", [.preview(lazy: true)]),
        ("BODY[]", [section(.all)]), ("BODY.PEEK[]<0.10>", [section(.all, peek: true, partial: .init(offset: 0, count: 10))]),
        ("body.peek[header]", [section(.header, peek: true)]), ("BODY[TEXT]", [section(.text)]),
        ("BODY[1]", [section(.all, part: [1])]), ("BODY[1.22.3.MIME]", [section(.mime, part: [1, 22, 3])]),
        ("BODY[2.HEADER]", [section(.header, part: [2])]), ("BODY[2.TEXT]<5.6>", [section(.text, part: [2], partial: .init(offset: 5, count: 6))]),
        ("BODY.PEEK[HEADER.FIELDS (From \"To\" {2+}\r\nCc)]", [section(.headerFields(["From", "To", "Cc"]), peek: true)]),
        ("(BODY[1.HEADER.FIELDS.NOT (X-A)] UID)", [section(.headerFieldsNot(["X-A"]), part: [1]), .uid]),
        ("BINARY[1.2]", [.binary(part: [1, 2], peek: false, partial: nil)]),
        ("BINARY.PEEK[1]<0.5>", [.binary(part: [1], peek: true, partial: .init(offset: 0, count: 5))]),
        ("BINARY[]", [.binary(part: [], peek: false, partial: nil)]), ("BINARY.SIZE[3]", [.binarySize(part: [3])]),
    ]

    @Test(arguments: GrammarMessageTests.itemsCases)
    func items(_ text: String, _ items: [FetchItem]) throws {
        #expect(try parse("FETCH 1 \(text)") == .fetch(.init(messages: .of((1, 1)), isUID: false, items: items)))
    }

    private static let modifiersCases: [(String, FetchCommand)] = [
        ("1 FLAGS (CHANGEDSINCE 5)", FetchCommand(messages: .of((1, 1)), isUID: true, items: [.flags], changedSince: 5)),
        ("1:* (FLAGS) (CHANGEDSINCE 5 VANISHED)", FetchCommand(messages: .of((1, nil)), isUID: true, items: [.flags], changedSince: 5, vanished: true)),
        ("1:* UID (PARTIAL -1:-30)", FetchCommand(messages: .of((1, nil)), isUID: true, items: [.uid], partial: .init(first: -1, last: -30))),
        ("$ PREVIEW (PARTIAL 10:1)", FetchCommand(messages: .savedResult, isUID: true, items: [.preview(lazy: false)], partial: .init(first: 10, last: 1))),
        ("*:4,7 PREVIEW (LAZY) (CHANGEDSINCE 9223372036854775807)",
            FetchCommand(messages: .of((nil, 4), (7, 7)), isUID: true, items: [.preview(lazy: true)], changedSince: .init(Int64.max))),
    ]

    @Test(arguments: GrammarMessageTests.modifiersCases)
    func modifiers(_ text: String, _ command: FetchCommand) throws { #expect(try parse("UID FETCH \(text)") == .fetch(command)) }

    private static let storeCases: [(String, StoreCommand.Operation, Bool, FlagList, UInt64?)] = [
        ("FLAGS ()", StoreCommand.Operation.replace, false, FlagList(), nil),
        ("+FLAGS (\\Seen \\answered)", .add, false, FlagList(system: [.seen, .answered]), nil),
        ("-flags.silent \\Deleted", .remove, true, FlagList(system: .deleted), nil),
        ("FLAGS \\Flagged $Forwarded a+b", .replace, false, FlagList(system: .flagged, keywords: ["$Forwarded", "a+b"]), nil),
        ("(UNCHANGEDSINCE 0) +FLAGS (\\Draft x)", .add, false, FlagList(system: .draft, keywords: ["x"]), 0),
    ]

    @Test(arguments: GrammarMessageTests.storeCases)
    func store(_ text: String, _ operation: StoreCommand.Operation, _ isSilent: Bool, _ flags: FlagList, _ since: UInt64?) throws {
        #expect(
            try parse("UID STORE 3 \(text)")
                == .store(.init(messages: .of((3, 3)), isUID: true, operation: operation, isSilent: isSilent, flags: flags, unchangedSince: since)))
    }
}
