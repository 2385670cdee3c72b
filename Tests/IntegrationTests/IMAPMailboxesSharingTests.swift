import Testing
import TestSupport

/// Access lists and other users' mailboxes (RFC 4314), on the built server.
@Suite(.serialized, .ownThreads) struct IMAPMailboxesSharingTests {
    private let server: RunningMartlet
    private let owner: SampleUsers.User
    private let guest: SampleUsers.User
    private let own: IMAPMessagesClient
    private let other: IMAPMessagesClient
    /// The owner's login.
    private let login: String

    init() throws {
        server = try RunningMartlet.shared.get()
        owner = server.newUser()
        guest = server.newUser()
        own = try IMAPMessagesClient(server, owner, select: nil)
        other = try IMAPMessagesClient(server, guest, select: nil)
        login = String(owner.address.prefix { $0 != "@" })
        try own.ok("CREATE box")
    }

    private var box: String { "\"Other Users/\(login)/box\"" }
    private func grant(_ rights: String) throws { try own.ok("SETACL box \(guest.address) \(rights)") }

    @Test func rightsAreListed() throws {
        let name = String(guest.address.prefix { $0 != "@" })
        #expect(try own.text("MYRIGHTS box") == "* MYRIGHTS box lrswipkxteacd")
        #expect(try own.text("GETACL box") == "* ACL box \(login) lrswipkxteacd")
        try grant("lrc")
        try own.ok("SETACL box -\(name) r")
        try own.ok("SETACL box group:team@example.org +ls")
        try own.ok("SETACL box anyone l")
        #expect(
            try own.text("GETACL box") == "* ACL box \(login) lrswipkxteacd -\(name) r anyone l "
                + "group:team@example.org ls \(name) lrkxc")
        #expect(
            try own.text("LISTRIGHTS box \(name)")
                == "* LISTRIGHTS box \(name) \"\" l r s w i p k x t e a c d")
        #expect(
            try own.text("LISTRIGHTS box \(login)") == "* LISTRIGHTS box \(login) lrswipkxteacd")
        try own.no("SETACL box \(name) ly", "BAD")
        try own.no("SETACL box \(name) L", "BAD")
        try own.no("SETACL box nobody-such l", "NO")
        try own.no("SETACL box group:none l", "NO")
        try own.no("DELETEACL box \(login)", "NO [CANNOT]")
        try own.ok("DELETEACL box -\(name)")
        try own.ok("DELETEACL box anyone")
        try own.ok("SETACL box group:team@example.org \"\"")
        try own.ok("SETACL box \(name) -ckx")
        #expect(try own.text("GETACL box") == "* ACL box \(login) lrswipkxteacd \(name) lr")
        try own.no("GETACL none", "NO [NONEXISTENT]")
    }

    /// One that may not be looked up is as one that does not exist.
    @Test func nothingIsRevealed() throws {
        for command in [
            "SELECT", "EXAMINE", "DELETE", "MYRIGHTS", "GETACL", "GETQUOTAROOT",
        ] {
            let hidden = try other.ask("\(command) \(box)").last
            let missing = try other.ask("\(command) \"Other Users/\(login)/none\"").last
            let nobody = try other.ask("\(command) \"Other Users/nobody-such/none\"").last
            #expect(hidden == missing && hidden == nobody, "\(command)")
            #expect(hidden?.hasPrefix("NO [NONEXISTENT]") == true, "\(command) \(hidden ?? "")")
        }
        try other.no("STATUS \(box) (MESSAGES)", "NO [NONEXISTENT]")
        try other.no("RENAME \(box) mine", "NO [NONEXISTENT]")
        try other.no("CREATE \"Other Users/\(login)/box/new\"", "NO [NOPERM]")
        try other.no("CREATE \"Other Users/nobody-such/box/new\"", "NO [NOPERM]")
        try other.no("GETMETADATA \(box) /shared/comment", "NO [NONEXISTENT]")
        #expect(try other.text("LIST \"\" \"Other Users/*\"") == "")
    }

    @Test func sharing() throws {
        try grant("l")
        #expect(
            try other.text("LIST \"\" \"Other Users/*\"").contains(
                "* LIST (\\HasNoChildren) \"/\" \(box)"))
        try other.no("SELECT \(box)", "NO [NOPERM]")
        try own.append("Subject: shared\r\n\r\n", to: "box")
        try grant("lrs")
        try other.ok("SELECT \(box)")
        try other.ok("STORE 1 +FLAGS (\\Seen)")
        #expect(try other.text("STATUS \(box) (MESSAGES UNSEEN)")
            == "* STATUS \(box) (MESSAGES 1 UNSEEN 0)")
        try other.ok("UNSELECT")
        try other.no("DELETE \(box)", "NO [NOPERM]")
        try other.no("APPEND \(box) {4+}\r\nx\r\n\r\n", "NO [NOPERM]")
        try grant("lrsikx")
        try other.append("Subject: y\r\n\r\n", to: box)
        try other.no("CREATE \"Other Users/\(login)/box/new\"", "OK")
        // The new one has the access list of that above it.
        #expect(try own.text("GETACL box/new").hasSuffix(" lrsikxc"))
        try other.ok("RENAME \"Other Users/\(login)/box/new\" \"Other Users/\(login)/box/newer\"")
        try other.no("RENAME \"Other Users/\(login)/box/newer\" mine", "NO [CANNOT]")
        try other.ok("DELETE \"Other Users/\(login)/box/newer\"")
        try other.no("SETACL \(box) anyone l", "NO [NOPERM]")
        #expect(try other.text("GETQUOTAROOT \(box)") == "* QUOTAROOT \(box)")
        try other.ok("SUBSCRIBE \(box)")
        #expect(try other.text("LSUB \"\" \"Other Users/*\"") == "* LSUB () \"/\" \(box)")
        try own.ok("DELETEACL box \(guest.address)")
        try other.no("SELECT \(box)", "NO [NONEXISTENT]")
    }

    @Test func everybodyHasPrivateMetadata() throws {
        try grant("lr")
        try own.ok("SETMETADATA box (/private/comment \"owner's\" /shared/comment \"for all\")")
        try other.ok("SETMETADATA \(box) (/private/comment \"guest's\")")
        try other.no("SETMETADATA \(box) (/shared/comment \"x\")", "NO [NOPERM]")
        #expect(
            try other.text("GETMETADATA (DEPTH infinity) \(box) (/private /shared)")
                == "* METADATA \(box) (/private/comment \"guest's\" /shared/comment \"for all\")")
        #expect(
            try own.text("GETMETADATA box /private/comment")
                == "* METADATA box (/private/comment \"owner's\")")
    }

    @Test func groups() throws {
        try own.ok("SETACL box everyone@example.org lr")
        try own.ok("SETACL box -group:team l")
        // Carol is one of everyone, Alice as one of the team, whose rights are taken away.
        let carol = try IMAPMessagesClient(server, SampleUsers.carol, select: nil)
        try carol.ok("SELECT \(box)")
        let alice = try IMAPMessagesClient(server, SampleUsers.alice, select: nil)
        #expect(try alice.text("MYRIGHTS \(box)") == "* MYRIGHTS \(box) r")
        #expect(try alice.text("LIST \"\" \(box)") == "")
        try other.no("SELECT \(box)", "NO [NONEXISTENT]")
        try own.ok("DELETEACL box everyone@example.org")
    }
}
