import MailModel
import Testing

@testable import IMAP

@Suite struct GrammarCommandTests {
    private static let simpleCases: [(String, IMAPCommand)] = [
        ("CAPABILITY", IMAPCommand.capability), ("noop", .noop), ("Logout ", .logout),
        ("STARTTLS", .startTLS), ("UNAUTHENTICATE", .unauthenticate), ("NAMESPACE", .namespace),
        ("IDLE", .idle), ("CHECK", .check), ("CLOSE", .close), ("UNSELECT", .unselect), ("EXPUNGE", .expunge),
        ("ID NIL", .id([])), ("ID ()", .id([])),
        ("ID (\"name\" \"K-9\" \"os\" NIL)", .id([.init(name: "name", value: "K-9"), .init(name: "os", value: nil)])),
        ("LOGIN alice secret", .login(user: "alice", password: bytes("secret"))),
        ("LOGIN \"al ice\" \"a\\\\b\\\"c\"", .login(user: "al ice", password: bytes("a\\b\"c"))),
        ("LOGIN alice \"\"", .login(user: "alice", password: [])),
        ("LOGIN \"ü\" \"pä\"", .login(user: "ü", password: bytes("pä"))),
        ("LOGIN {5}\r\nalice {6+}\r\nsecret", .login(user: "alice", password: bytes("secret"))),
        ("LOGIN a] b]", .login(user: "a]", password: bytes("b]"))),
        ("AUTHENTICATE plain", .authenticate(mechanism: "PLAIN", initialResponse: nil)),
        ("AUTHENTICATE SCRAM-SHA-256-PLUS =", .authenticate(mechanism: "SCRAM-SHA-256-PLUS", initialResponse: bytes("="))),
        ("AUTHENTICATE PLAIN AGE+/w==", .authenticate(mechanism: "PLAIN", initialResponse: bytes("AGE+/w=="))),
        ("ENABLE condstore UTF8=ACCEPT", .enable(["CONDSTORE", "UTF8=ACCEPT"])),
        ("COMPRESS deflate", .compress("DEFLATE")),
        ("SELECT inbox", .select(.init(mailbox: "INBOX", isReadOnly: false))),
        ("EXAMINE \"Inbox/x\"", .select(.init(mailbox: "Inbox/x", isReadOnly: true))),
        ("SELECT a (CONDSTORE)", .select(.init(mailbox: "a", isReadOnly: false, condstore: true))),
        ("SELECT a (QRESYNC (1 2))", .select(.init(mailbox: "a", isReadOnly: false, resynchronize: .init(uidValidity: 1, modSequence: 2)))),
        ("SELECT a (QRESYNC (1 2 3:5))", .select(.init(mailbox: "a", isReadOnly: false, resynchronize: .init(uidValidity: 1, modSequence: 2, knownUIDs: UIDSet([3...5]))))),
        ("SELECT a (QRESYNC (1 2 (1,3 7,9)) CONDSTORE)",
            .select(.init(mailbox: "a", isReadOnly: false, condstore: true,
                resynchronize: .init(uidValidity: 1, modSequence: 2, sequenceMatch: (UIDSet([1...1, 3...3]), UIDSet([7...7, 9...9])))))),
        ("CREATE a/b/", .create(mailbox: "a/b/", specialUses: [])),
        ("CREATE a (USE (\\sent \\Important))", .create(mailbox: "a", specialUses: [.sent, .important])),
        ("CREATE a (USE ())", .create(mailbox: "a", specialUses: [])),
        ("DELETE \"a b\"", .delete(mailbox: "a b")), ("RENAME inbox b", .rename(from: "INBOX", to: "b")),
        ("SUBSCRIBE #news.x", .subscribe(mailbox: "#news.x")), ("UNSUBSCRIBE a&-b", .unsubscribe(mailbox: "a&b")),
        ("LSUB \"\" \"%/a*\"", .lsub(reference: "", pattern: "%/a*")),
        ("STATUS a (MESSAGES recent UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ APPENDLIMIT MAILBOXID DELETED-STORAGE)",
            .status(mailbox: "a", items: [.messages, .recent, .uidNext, .uidValidity, .unseen, .deleted, .size, .highestModSequence, .appendLimit, .mailboxID, .deletedStorage])),
        ("STATUS a ( MESSAGES  UNSEEN )", .status(mailbox: "a", items: [.messages, .unseen])),
        ("GETQUOTA \"\"", .getQuota(root: "")), ("GETQUOTAROOT a", .getQuotaRoot(mailbox: "a")),
        ("SETQUOTA x (storage 5 MESSAGE 9)", .setQuota(root: "x", limits: [.init(resource: "STORAGE", limit: 5), .init(resource: "MESSAGE", limit: 9)])),
        ("SETQUOTA x ()", .setQuota(root: "x", limits: [])),
        ("SETACL a bob -lrs", .setACL(mailbox: "a", identifier: "bob", rights: "-lrs")),
        ("SETACL a \"-fred\" \"\"", .setACL(mailbox: "a", identifier: "-fred", rights: "")),
        ("DELETEACL a b", .deleteACL(mailbox: "a", identifier: "b")), ("GETACL a", .getACL(mailbox: "a")),
        ("LISTRIGHTS a b", .listRights(mailbox: "a", identifier: "b")), ("MYRIGHTS a", .myRights(mailbox: "a")),
        ("UID EXPUNGE 1:5", .uidExpunge(.of((1, 5)))), ("CANCELUPDATE \"A1\" \"A2\"", .cancelUpdate(["A1", "A2"])),
        ("COPY 1 a", .copy(.init(messages: .of((1, 1)), isUID: false, mailbox: "a"))),
        ("UID MOVE 5:2,* INBOX", .move(.init(messages: .of((5, 2), (nil, nil)), isUID: true, mailbox: "INBOX"))),
        ("UID COPY $ a", .copy(.init(messages: .savedResult, isUID: true, mailbox: "a"))),
    ]

    @Test(arguments: GrammarCommandTests.simpleCases)
    func simple(_ text: String, _ command: IMAPCommand) throws { #expect(try parse(text) == command) }

    private static let listCases: [(String, ListCommand)] = [
        ("LIST \"\" *", ListCommand(reference: "", patterns: ["*"])),
        ("LIST a %]", ListCommand(reference: "a", patterns: ["%]"])),
        ("LIST () \"\" \"\"", ListCommand(reference: "", patterns: [""], isExtended: true)),
        ("LIST (SUBSCRIBED REMOTE recursivematch SPECIAL-USE) \"\" (a b*)",
            ListCommand(selections: [.subscribed, .remote, .recursiveMatch, .specialUse], reference: "", patterns: ["a", "b*"], isExtended: true)),
        ("LIST \"\" % RETURN ()", ListCommand(reference: "", patterns: ["%"], isExtended: true)),
        ("LIST \"\" % RETURN (SUBSCRIBED CHILDREN SPECIAL-USE MYRIGHTS STATUS (UNSEEN) METADATA (/private/a) )",
            ListCommand(reference: "", patterns: ["%"], returns: [.subscribed, .children, .specialUse, .myRights, .status([.unseen]), .metadata(["/private/a"])], isExtended: true)),
        ("LIST \"\" &AOk-%", ListCommand(reference: "", patterns: ["é%"])),
    ]

    @Test(arguments: GrammarCommandTests.listCases)
    func list(_ text: String, _ command: ListCommand) throws { #expect(try parse(text) == .list(command)) }

    private static let getMetadataCases: [(String, GetMetadataCommand)] = [
        ("GETMETADATA \"\" /shared/a", GetMetadataCommand(mailbox: "", entries: ["/shared/a"])),
        ("GETMETADATA (MAXSIZE 10) inbox (/shared/a /private/b)", GetMetadataCommand(mailbox: "INBOX", entries: ["/shared/a", "/private/b"], maximumSize: 10)),
        ("GETMETADATA a (DEPTH 1) /shared/a", GetMetadataCommand(mailbox: "a", entries: ["/shared/a"], depth: .one)),
        ("GETMETADATA (DEPTH infinity MAXSIZE 0) a (\"/shared/a\")", GetMetadataCommand(mailbox: "a", entries: ["/shared/a"], maximumSize: 0, depth: .infinity)),
    ]

    @Test(arguments: GrammarCommandTests.getMetadataCases)
    func getMetadata(_ text: String, _ command: GetMetadataCommand) throws { #expect(try parse(text) == .getMetadata(command)) }

    @Test func setMetadata() throws {
        #expect(
            try parse("SETMETADATA a (/private/a NIL /shared/b \"x\" /shared/c ~{2+}\r\n\u{0}\n /private/d {1}\r\ny)")
                == .setMetadata(mailbox: "a", entries: [
                    .init(name: "/private/a", value: nil), .init(name: "/shared/b", value: bytes("x")),
                    .init(name: "/shared/c", value: [0, 10]), .init(name: "/private/d", value: bytes("y")),
                ]))
    }

    @Test func notify() throws {
        #expect(try parse("NOTIFY NONE") == .notify(.init(groups: [])))
        #expect(
            try parse("NOTIFY SET STATUS (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange)) (SUBTREE (a b) NONE) (mailboxes INBOX (MessageNew MessageExpunge MailboxName))")
                == .notify(.init(groups: [
                    .init(filter: .selected, events: [.messageNew([.uid, .flags]), .messageExpunge, .flagChange]),
                    .init(filter: .subtree(["a", "b"]), events: []),
                    .init(filter: .mailboxes(["INBOX"]), events: [.messageNew([]), .messageExpunge, .mailboxName]),
                ], wantsStatus: true)))
        #expect(
            try parse("NOTIFY SET (personal (SubscriptionChange MailboxMetadataChange ServerMetadataChange))")
                == .notify(.init(groups: [.init(filter: .personal, events: [.subscriptionChange, .mailboxMetadataChange, .serverMetadataChange])])))
    }

    @Test func multiSearch() throws {
        #expect(
            try parse("ESEARCH UNSEEN")
                == .multiSearch(sources: [.selected], .init(isUID: true, returns: nil, key: .not(.flag(.seen)))))
        #expect(
            try parse("ESEARCH IN (selected mailboxes (a b) subtree-one c inboxes) RETURN (COUNT) ALL")
                == .multiSearch(
                    sources: [.selected, .mailboxes(["a", "b"]), .subtreeOne(["c"]), .inboxes],
                    .init(isUID: true, returns: [.count], key: .all)))
    }

    /// Names of mailboxes in both forms.
    @Test func mailboxNames() throws {
        #expect(try parse("DELETE \"Entw&APw-rfe\"") == .delete(mailbox: "Entwürfe"))
        #expect(try parse("DELETE \"Entwürfe & mehr\"", utf8: true) == .delete(mailbox: "Entwürfe & mehr"))
        #expect(try parse("DELETE &-", utf8: true) == .delete(mailbox: "&-"))
        #expect(try parse("DELETE {8+}\r\nEntwürf", utf8: true) == .delete(mailbox: "Entwürf"))
        #expect(throws: SyntaxError.self) { try parse("DELETE \"Entwürfe\"") }
        #expect(throws: SyntaxError.self) { try parse("DELETE {2+}\r\nü") }
        #expect(try parse("DELETE &APw") == .delete(mailbox: "\u{FFFD}APw"))
        #expect(try parse("DELETE &AC8-") == .delete(mailbox: "\u{FFFD}AC8-"))
        #expect(throws: SyntaxError.self) { try parse("DELETE a&AAA-b") }
        #expect(throws: SyntaxError.self) { try parse("DELETE a&AAoADQ-b") }
        #expect(throws: SyntaxError.self) { try parse("DELETE {3+}\r\na\rb", utf8: true) }
    }
}
