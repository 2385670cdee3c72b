import Testing
import TestSupport
import TLSPolicy

@Suite struct FetcherTests {
    private func fetcher(
        authority: String? = nil, deadline: Duration = .seconds(60), threads: Int = 8, waiting: Int = 10
    ) throws -> PolicyFetcher {
        let server = try PolicyServer.shared.get()
        var configuration = PolicyFetcher.Configuration()
        configuration.port = server.port
        configuration.authorities = authority ?? server.authority
        configuration.deadline = deadline
        configuration.threads = threads
        configuration.waiting = waiting
        return PolicyFetcher(configuration)
    }

    /// The second address has the server.
    @Test(arguments: [["127.0.0.1"], ["::1", "127.0.0.1"], ["127.0.0.9", "127.0.0.1"]])
    func fetchesAPolicy(_ addresses: [String]) async throws {
        let octets = try await fetcher().fetch(host: "mta-sts.good.example", addresses: addresses)
        #expect(try MTASTSPolicy(octets).patterns == ["mail.good.example"])
    }

    @Test(arguments: [
        ("redirect", .status(301)), ("missing", .status(404)), ("html", .contentType("text/html")),
        ("untyped", .contentType("")), ("large", .tooLarge), ("endless", .tooLarge),
    ] as [(String, PolicyFetchError)])
    func refuses(_ name: String, error: PolicyFetchError) async throws {
        let fetcher = try fetcher()
        await #expect(throws: error) {
            try await fetcher.fetch(host: "mta-sts.\(name).example", addresses: ["127.0.0.1"])
        }
    }

    @Test(arguments: ["slow", "silent"])
    func hasADeadline(_ name: String) async throws {
        let fetcher = try fetcher(deadline: .seconds(2))
        await #expect(throws: PolicyFetchError.timedOut) {
            try await fetcher.fetch(host: "mta-sts.\(name).example", addresses: ["127.0.0.1"])
        }
    }

    @Test func trustsNoOthers() async throws {
        let server = try PolicyServer.shared.get()
        for (host, authority) in [
            ("mta-sts.other.example", server.authority), ("good.example", server.authority),
            ("mta-sts.good.example", server.stranger),
        ] {
            let fetcher = try fetcher(authority: authority)
            let error = await #expect(throws: PolicyFetchError.self) {
                try await fetcher.fetch(host: host, addresses: ["127.0.0.1"])
            }
            #expect(error?.resultType == .stsWebPKIInvalid, "\(host): \(String(describing: error))")
        }
    }

    @Test func systemAuthoritiesDoNotKnowIt() async throws {
        var configuration = PolicyFetcher.Configuration()
        configuration.port = try PolicyServer.shared.get().port
        let fetcher = PolicyFetcher(configuration)
        let error = await #expect(throws: PolicyFetchError.self) {
            try await fetcher.fetch(host: "mta-sts.good.example", addresses: ["127.0.0.1"])
        }
        // Without a store of authorities it is another failure, but never a policy.
        #expect(error != nil)
    }

    @Test func nobodyThere() async throws {
        let fetcher = try fetcher()
        let error = await #expect(throws: PolicyFetchError.self) {
            try await fetcher.fetch(host: "mta-sts.good.example", addresses: ["127.0.0.9"])
        }
        #expect(error?.resultType == .stsPolicyFetchError)
        await #expect(throws: PolicyFetchError.noAddress) {
            try await fetcher.fetch(host: "mta-sts.good.example", addresses: [])
        }
    }

    @Test func isBounded() async throws {
        let fetcher = try fetcher(deadline: .seconds(600), threads: 1, waiting: 1)
        await withTaskGroup(of: PolicyFetchError?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do throws(PolicyFetchError) {
                        _ = try await fetcher.fetch(host: "mta-sts.silent.example", addresses: ["127.0.0.1"])
                    } catch {
                        return error
                    }
                    return nil
                }
            }
            for _ in 0..<18 {
                let error: PolicyFetchError? = await group.next() ?? nil
                #expect(error == .busy)
            }
            // The others wait, for the server and for each other.
            fetcher.stop()
            for await error in group { #expect(error == .busy) }
        }
    }

    @Test func stops() async throws {
        let fetcher = try fetcher()
        let fetch = Task {
            try await fetcher.fetch(host: "mta-sts.silent.example", addresses: ["127.0.0.1"])
        }
        fetcher.stop()
        await #expect(throws: PolicyFetchError.busy) { try await fetch.value }
    }
}
