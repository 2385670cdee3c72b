import Directory
import TestSupport
import Testing

/// A directory that goes away in each of the ways a directory goes away.
@Suite struct OutageTests {
    private func configuration(_ uris: [String]) -> DirectoryConnectionConfiguration {
        DirectoryConnectionConfiguration(
            uris: uris, security: .none, operationTimeout: .seconds(5),
            connectTimeout: .seconds(5), probeInterval: .milliseconds(200))
    }

    /// Bob is found before long.
    private func requireFound(_ client: DirectoryClient) async throws {
        let answer = try await Fixture.eventually {
            await client.search(Fixture.by("bob"))
        } until: { $0.found != nil }
        try #require(answer.found?.count == 1)
    }

    @Test func `A server that is not there is unavailable, and found when it comes`() async throws {
        let slapd = try PrivateSlapd(Fixture.options())
        slapd.stop()
        try await Fixture.withClient(configuration([slapd.uri])) { client in
            #expect(await client.search(Fixture.by("bob")).fault?.kind == .connection)
            let bind = await client.bind(
                dn: "uid=bob,ou=people,dc=example,dc=org", password: Array("builder".utf8))
            #expect(bind.isUnavailable)
            try slapd.start()
            try await requireFound(client)
        }
    }

    @Test func `A paused server is noticed at the first deadline; then requests fail at once`()
        async throws
    {
        let slapd = try PrivateSlapd(Fixture.options())
        try await Fixture.withClient(configuration([slapd.uri])) { client in
            try await requireFound(client)
            slapd.pause()
            #expect(await client.search(Fixture.by("bob")).fault?.kind == .timeout)
            // Were each of these to wait for its own deadline, this would take 20 minutes.
            let elapsed = await ContinuousClock().measure {
                for _ in 0..<600 { #expect(await client.search(Fixture.by("bob")).fault != nil) }
            }
            #expect(elapsed < .seconds(60))
            slapd.resume()
            try await requireFound(client)
        }
    }

    @Test func `A password check at a paused server is unavailable, never wrong`() async throws {
        let slapd = try PrivateSlapd(Fixture.options())
        let bob = "uid=bob,ou=people,dc=example,dc=org"
        try await Fixture.withClient(configuration([slapd.uri])) { client in
            #expect(await client.bind(dn: bob, password: Array("builder".utf8)).isSuccess)
            slapd.pause()
            for _ in 0..<3 {
                #expect(await client.bind(dn: bob, password: Array("builder".utf8)).isUnavailable)
            }
            slapd.resume()
            let isBack = try await Fixture.eventually {
                await client.bind(dn: bob, password: Array("builder".utf8)).isSuccess
            } until: { $0 }
            #expect(isBack)
        }
    }

    @Test func `Searches in flight survive a restart`() async throws {
        let slapd = try PrivateSlapd(Fixture.options())
        try await Fixture.withClient(configuration([slapd.uri])) { client in
            try await requireFound(client)
            try slapd.restart()
            try await requireFound(client)
            try slapd.empty()
            let answer = try await Fixture.eventually {
                await client.search(Fixture.by("bob"))
            } until: { $0.fault?.kind == .missingBase }
            #expect(answer.fault?.kind == .missingBase)
        }
    }

    @Test(arguments: [true, false])
    func `The second server takes over, and the first comes back`(isPaused: Bool) async throws {
        let first = try PrivateSlapd(Fixture.options())
        let second = try PrivateSlapd(Fixture.options())
        let bob = "uid=bob,ou=people,dc=example,dc=org"
        try await Fixture.withClient(configuration([first.uri, second.uri])) { client in
            try await requireFound(client)
            #expect(try second.operationCount("Search") == 0)
            if isPaused { first.pause() } else { first.stop() }
            try await requireFound(client)
            #expect(try second.operationCount("Search") >= 1)
            #expect(await client.bind(dn: bob, password: Array("builder".utf8)).isSuccess)
            if isPaused { first.resume() } else { try first.start() }
            let before = try first.operationCount("Search")
            let after = try await Fixture.eventually {
                _ = await client.search(Fixture.by("bob"))
                return try first.operationCount("Search")
            } until: { $0 > before + 1 }
            #expect(after > before + 1)
        }
    }

    @Test func `Shutting down answers what waits`() async throws {
        let slapd = try PrivateSlapd(Fixture.options())
        slapd.pause()
        let client = DirectoryClient(configuration: configuration([slapd.uri]), logger: Fixture.silent)
        async let waiting = client.search(Fixture.by("bob"))
        async let checking = client.bind(dn: "uid=bob", password: [1])
        await client.shutDown()
        #expect(await waiting.fault != nil)
        #expect(await checking.isUnavailable)
        #expect(await client.search(Fixture.by("bob")).fault?.kind == .shutDown)
        #expect(await client.bind(dn: "uid=bob", password: [1]).isUnavailable)
        slapd.resume()
    }
}
