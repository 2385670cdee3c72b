import IMAP
import MailModel
import Testing

struct MailboxAccessTests {
    private let bob = AccountID(high: 1, low: 2)
    private let carol = AccountID(high: 3, low: 4)
    private let team = AccountID(high: 5, low: 6)

    @Test(arguments: [
        ("", ""), ("lr", "lr"), ("rl", "lr"), ("c", "kx"), ("d", "te"), ("lrswipcda", "lrswipkxtea"),
        ("lrswipkxtea", "lrswipkxtea"),
    ])
    func letters(_ text: String, _ stored: String) throws {
        #expect(try #require(ACLRights(text)).text == stored)
    }

    @Test(arguments: ["q", "L", "lr0", "lr ", "l\u{e9}", "-l"])
    func unknownLetters(_ text: String) {
        #expect(ACLRights(text) == nil)
    }

    @Test func toldToOldClients() throws {
        #expect(ACLRights.all.clientText == "lrswipkxteacd")
        #expect(try #require(ACLRights("lk")).clientText == "lkc")
        #expect(try #require(ACLRights("e")).clientText == "ed")
        #expect(ACLRights.grantable == "l r s w i p k x t e a c d")
    }

    @Test func changes() throws {
        let old = try #require(ACLRights("lrs"))
        #expect(try #require(RightsChange("+wi")).applied(to: old).text == "lrswi")
        #expect(try #require(RightsChange("-sa")).applied(to: old).text == "lr")
        #expect(try #require(RightsChange("a")).applied(to: old).text == "a")
        #expect(try #require(RightsChange("")).applied(to: old).text == "")
        #expect(RightsChange("+-l") == nil)
        #expect(RightsChange("+y") == nil)
    }

    @Test func identifiers() throws {
        let all: [AccessIdentifier] = [
            .init(.anyone), .init(.authenticated), .init(.user(bob)), .init(.group(team)),
            .init(.user(bob), isNegative: true), .init(.anyone, isNegative: true),
        ]
        for identifier in all {
            #expect(AccessIdentifier(stored: identifier.stored) == identifier)
        }
        for text in ["", "-", "bob", "user:", "user:x", "group:1", "--anyone"] {
            #expect(AccessIdentifier(stored: text) == nil)
        }
    }

    @Test func rights() {
        let list = AccessList(stored: [
            "anyone": "l", "user:\(bob)": "rsw", "-user:\(bob)": "w", "group:\(team)": "ita",
            "-group:\(team)": "a", "nonsense": "x",
        ])
        #expect(list.rights(of: bob, in: []).text == "lrs")
        #expect(list.rights(of: bob, in: [team]).text == "lrsit")
        #expect(list.rights(of: carol, in: []).text == "l")
        #expect(list.rights(of: carol, in: [team]).text == "lit")
        #expect(list.namesGroups)
        #expect(!AccessList(stored: ["anyone": "l"]).namesGroups)
        #expect(
            Set(AccessList.identifiers(of: bob, in: [team]))
                == ["anyone", "authenticated", "user:\(bob)", "group:\(team)"])
    }
}
