import Testing

@testable import Authentication

/// What the client chooses, and what it believes.
@Suite struct SASLClientTests {
    static let all = SASLMechanism.allCases.map(\.rawValue)
    static let binding = (ChannelBinding.exporter, Fixture.bindings[.exporter]!)

    @Test(arguments: [
        (all, true, "SCRAM-SHA-512"), (all, false, "SCRAM-SHA-512"),
        (["PLAIN", "LOGIN"], true, "PLAIN"), (["login"], true, "LOGIN"),
        (["PLAIN", "LOGIN"], false, nil), (["GSSAPI", "CRAM-MD5"], true, nil), ([], true, nil),
        (["GSSAPI", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"], true, "SCRAM-SHA-1"),
    ])
    func choice(offered: [String], mayBeSent: Bool, expected: String?) throws {
        let client = try LibraryClient(
            login: "alice", password: "secret", mayBeSent: mayBeSent).client()
        #expect((try? client.start(offered))?.mechanism.rawValue == expected)
    }

    @Test(arguments: [
        ("SCRAM-SHA-512-PLUS", true), ("SCRAM-SHA-256-PLUS", true), ("SCRAM-SHA-1-PLUS", true),
        ("SCRAM-SHA-256-PLUS", false),
    ])
    func channelBinding(mechanism: String, isRight: Bool) async {
        var client = LibraryClient(
            login: "alice", password: Fixture.password, channelBinding: Self.binding)
        if !isRight { client.channelBinding?.1[0] ^= 1 }
        let outcome = await client.run(
            mechanism, on: Fixture().service, Fixture.encrypted(tls13: true))
        #expect(outcome?.login == (isRight ? "alice" : nil))
    }

    /// The server has -PLUS, but someone has taken it out of the list on the way.
    @Test func downgrade() async {
        let client = LibraryClient(
            login: "alice", password: Fixture.password, channelBinding: Self.binding)
        let outcome = await client.run(
            "SCRAM-SHA-256", on: Fixture().service, Fixture.encrypted(tls13: true))
        #expect(outcome?.failure?.kind == .invalidCredentials)
    }

    @Test func certificate() async {
        let fixture = Fixture()
        fixture.directory.change { $0.certificates = ["CN=alice": "alice"] }
        let context = Fixture.encrypted(certificate: ("CN=alice", []))
        let outcome = await LibraryClient(login: "alice", password: nil)
            .run(fixture.service.mechanisms(for: context), on: fixture.service, context)
        #expect(outcome?.mechanism == .external)
        #expect(outcome?.outcome.login == "alice")
    }

    @Test func plainIsCompleteAtOnce() throws {
        let client = try LibraryClient(login: "alice", password: "secret").client()
        let (_, message) = try client.start(["PLAIN"])
        #expect(message == .init(response: Array("\0alice\0secret".utf8), isComplete: true))
    }

    @Test func loginWaitsForTheServer() throws {
        let client = try LibraryClient(login: "alice", password: "secret").client()
        #expect(try client.start(["LOGIN"]).message == .init(response: nil, isComplete: false))
        let user = try client.step(Array("Username:".utf8))
        #expect(user == .init(response: Array("alice".utf8), isComplete: false))
        let password = try client.step(Array("Password:".utf8))
        #expect(password == .init(response: Array("secret".utf8), isComplete: true))
    }

    /// RFC 5802 sections 2.2 and 5.1: the server's keys are made of the prepared form, however ours is
    /// typed. PLAIN brings it as it is (RFC 4616 section 2).
    @Test(arguments: ScramHash.allCases) func scramIsPrepared(hash: ScramHash) async throws {
        let name = "j\u{FC}rgen"
        let fixture = Fixture()
        let secret = ScramClient.authPassword(hash, password: "p\u{E4}ss 2", salt: Array(0..<16), iterations: 4096)
        fixture.directory.change {
            $0.users.append(.init(account: Fixture.account(4, name), password: "p\u{E4}ss 2", secrets: [secret]))
        }
        for (login, password) in [
            (name, "p\u{E4}ss 2"), ("ju\u{308}rgen", "pa\u{308}ss\u{A0}\u{B2}"), ("j\u{AD}\u{FC}rgen", "p\u{E4}ss \u{FF12}"),
        ] {
            let client = LibraryClient(login: login, password: password)
            #expect(await client.run(hash.rawValue, on: fixture.service, Fixture.encrypted())?.login == name)
        }
        let client = try LibraryClient(login: "ju\u{308}rgen", password: "pa\u{308}ss").client()
        #expect(try client.start(["PLAIN"]).message.response == Array("\0ju\u{308}rgen\0pa\u{308}ss".utf8))
    }

    /// What SCRAM can't have, others may.
    @Test(arguments: [("alice", "bell\u{7}"), ("bell\u{7}", "secret"), ("\u{AD}", "secret"), ("alice", "\u{AD}")])
    func whatSASLprepRefuses(login: String, password: String) throws {
        let client = try LibraryClient(login: login, password: password).client()
        #expect(try client.start(["SCRAM-SHA-256", "PLAIN"]).mechanism == .plain)
        let other = try LibraryClient(login: login, password: password, mayBeSent: false).client()
        do {
            _ = try other.start(["SCRAM-SHA-256", "PLAIN"])
            Issue.record("SCRAM")
        } catch {
            #expect(error.cause.hasSuffix("(no SCRAM: SASLprep refuses the user or the password)"), "\(error)")
        }
    }

    /// A server that knows neither the password nor its keys.
    @Test func serverWithoutProof() throws {
        for final in ["v=AAAA", "e=other-error", "", "v="] {
            let client = try LibraryClient(login: "alice", password: "secret").client()
            let (_, first) = try client.start(["SCRAM-SHA-256"])
            #expect(!first.isComplete)
            let text = String(decoding: try #require(first.response), as: UTF8.self)
            let nonce = try #require(text.split(separator: ",").last).dropFirst(2)
            let proof = try client.step(Array("r=\(nonce)abc,s=QSXCR+Q6sek8bf92,i=4096".utf8))
            #expect(!proof.isComplete)
            #expect(throws: SASLClient.Failure.self) { try client.step(Array(final.utf8)) }
        }
    }

    @Test func garbage() throws {
        for challenge in ["", "x", "r=,s=,i=", "r=a,s=QQ==,i=99999999999", "m=x,r=a,s=QQ==,i=1"] {
            let client = try LibraryClient(login: "alice", password: "secret").client()
            _ = try client.start(["SCRAM-SHA-256"])
            #expect(throws: SASLClient.Failure.self) { try client.step(Array(challenge.utf8)) }
        }
        let client = try LibraryClient(login: "alice", password: "secret").client()
        #expect(throws: SASLClient.Failure.self) { try client.step([]) }
        #expect(throws: SASLClient.Failure.self) { _ = try client.start(["SCRAM-SHA-1"]); _ = try client.start(["PLAIN"]) }
    }

    /// For an administrator: what the host has, and what there is for it.
    @Test(arguments: [
        (["GSSAPI", "XOAUTH2"], "secret", true, "it offers GSSAPI XOAUTH2; configured is user alice with a password, good for SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"),
        (["PLAIN"], "secret", false, "it offers PLAIN; configured is user alice with a password, good for SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 (PLAIN and LOGIN only over TLS)"),
        (["PLAIN"], nil, true, "it offers PLAIN; configured is user alice without a password, good for EXTERNAL"),
        ([], "secret", true, "it offers nothing; configured is user alice with a password, good for SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"),
    ] as [([String], String?, Bool, String)])
    func nothingFits(offered: [String], password: String?, mayBeSent: Bool, cause: String) throws {
        let client = try LibraryClient(login: "alice", password: password, mayBeSent: mayBeSent).client()
        #expect(throws: SASLClient.Failure(cause: cause)) { try client.start(offered) }
    }

    /// The library says in passing that it has not been given some callback; that is never the reason.
    @Test(arguments: ["PLAIN", "LOGIN", "SCRAM-SHA-256", "EXTERNAL"]) func causesSaySomething(mechanism: String) throws {
        for challenge in ["", "x", "r=,s=,i=", "v=QQ=="] {
            let client = try LibraryClient(login: "alice", password: mechanism == "EXTERNAL" ? nil : "secret").client()
            do throws(SASLClient.Failure) {
                _ = try client.start([mechanism])
                for _ in 0..<4 { _ = try client.step(Array(challenge.utf8)) }
            } catch {
                #expect(!error.cause.contains("callback") && !error.cause.contains("generic"), "\(challenge): \(error.cause)")
            }
        }
    }

    @Test func passwordsAreNotPrinted() {
        let credentials = SASLCredentials(user: "alice", password: "secret", mayBeSent: true)
        var dumped = ""
        dump(credentials, to: &dumped)
        #expect(!"\(credentials) \(String(reflecting: credentials)) \(dumped)".contains("secret"))
    }
}
