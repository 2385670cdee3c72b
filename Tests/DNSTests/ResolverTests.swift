import DNS
import Glibc
import Logging
import TestSupport
import Testing

@Suite struct ResolverTests {
    private let logger = Logger(label: "test")

    private func resolver(
        _ server: String, timeout: Duration = .seconds(30), maximumOutstanding: Int = 1000
    ) throws -> DNSResolver {
        var configuration = DNSConfiguration(servers: [server])
        configuration.validates = false
        configuration.timeout = timeout
        configuration.maximumOutstanding = maximumOutstanding
        return try DNSResolver(configuration: configuration, logger: logger)
    }

    @Test func aSilentServerCostsTheDeadline() async throws {
        let silent = try SilentServer()
        let resolver = try resolver(silent.address, timeout: .seconds(3))
        let start = ContinuousClock.now
        #expect(await resolver.lookUp("a.example", .mx).fault == .timeout)
        #expect(ContinuousClock.now - start >= .seconds(3))
        #expect(silent.questionCount() >= 1)
        await resolver.shutDown()
    }

    @Test func cancelledTasksGoOnAtOnce() async throws {
        let silent = try SilentServer()
        let resolver = try resolver(silent.address, timeout: .seconds(3600))
        let tasks = (0..<50).map { number in
            Task { await resolver.lookUp("a\(number % 5).example", .a) }
        }
        try await silent.isAsked()
        for task in tasks { task.cancel() }
        for task in tasks { #expect(await task.value.fault == .cancelled) }
        await resolver.shutDown()
    }

    @Test func shuttingDownAnswersEverybody() async throws {
        let silent = try SilentServer()
        let resolver = try resolver(silent.address, timeout: .seconds(3600))
        let tasks = (0..<50).map { number in
            Task { await resolver.lookUp("a\(number % 5).example", .a) }
        }
        try await silent.isAsked()
        await resolver.shutDown()
        for task in tasks { #expect(await task.value.fault == .shutDown) }
        #expect(await resolver.lookUp("b.example", .a).fault == .shutDown)
        await resolver.shutDown()
    }

    @Test func beyondTheLimitIsRefused() async throws {
        let silent = try SilentServer()
        let resolver = try resolver(
            silent.address, timeout: .seconds(3600), maximumOutstanding: 1)
        let answers = await withTaskGroup(of: DNSFault.Kind?.self) { group in
            for number in 0..<30 {
                group.addTask { await resolver.lookUp("a\(number).example", .a).fault }
            }
            var overloaded = 0
            while overloaded < 19, await group.next() == .overload { overloaded += 1 }
            await resolver.shutDown()
            return await group.reduce(into: [overloaded, 0]) { if $1 == .shutDown { $0[1] += 1 } }
        }
        // One is asked and ten wait.
        #expect(answers == [19, 11])
    }

    /// More questions than are worked on at a time, and many who ask the same.
    @Test func everybodyIsAnswered() async throws {
        let server = try NameServer.start(zones: [
            Zone(name: "many.test", text: "* IN A 192.0.2.1")
        ])
        let resolver = try resolver(server.address, maximumOutstanding: 8)
        let counts = await withTaskGroup(of: DNSAnswer.self) { group in
            for number in 0..<80 {
                group.addTask { await resolver.lookUp("a\(number % 40).many.test", .a) }
            }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(
            counts == [.records([[192, 0, 2, 1]], isSecure: false, canonicalName: nil): 80])
        await resolver.shutDown()
    }

    @Test func answersAreRemembered() async throws {
        let server = try NameServer.start(zones: [
            Zone(name: "kept.test", text: "@ IN A 192.0.2.1")
        ])
        let resolver = try resolver(server.address)
        let first = await resolver.lookUp("kept.test", .a)
        server.stop()
        #expect(first == .records([[192, 0, 2, 1]], isSecure: false, canonicalName: nil))
        #expect(await resolver.lookUp("KEPT.test.", .a) == first)
        await resolver.shutDown()
    }

    @Test func aServerThatComesBackIsAsked() async throws {
        let server = try NameServer.start(zones: [
            Zone(name: "back.test", text: "* IN A 192.0.2.1")
        ])
        let resolver = try resolver(server.address, timeout: .seconds(1))
        server.stop()
        for number in 0..<3 {
            #expect(await resolver.lookUp("a\(number).back.test", .a).fault != nil)
        }
        try server.start()
        var answer = await resolver.lookUp("a3.back.test", .a)
        for number in 4..<240 where answer.fault != nil {
            try await Task.sleep(for: .milliseconds(500))
            answer = await resolver.lookUp("a\(number).back.test", .a)
        }
        #expect(answer == .records([[192, 0, 2, 1]], isSecure: false, canonicalName: nil))
        await resolver.shutDown()
    }

    /// With many sessions libunbound's sockets get high numbers, which `select` can't watch.
    @Test func descriptorsBeyondAThousand() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        // Other tests live with it.
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 4096))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var taken: [Int32] = []
        while taken.count < 1200, case let copy = dup(0), copy >= 0 { taken.append(copy) }
        defer { for descriptor in taken { close(descriptor) } }
        try #require(taken.count == 1200)
        let server = try NameServer.start(zones: [
            Zone(name: "high.test", text: "@ IN A 192.0.2.1", isSigned: true)
        ])
        let resolver = try DNSResolver(
            configuration: DNSConfiguration(
                servers: [server.address], trustAnchorFile: server.trustAnchorFile), logger: logger)
        #expect(
            await resolver.lookUp("high.test", .a)
                == .records([[192, 0, 2, 1]], isSecure: true, canonicalName: nil))
        await resolver.shutDown()
    }

    @Test(arguments: ["not an address", "127.0.0.1@x", "name.example", "127.0.0.1#53"])
    func serversAreAddresses(_ server: String) {
        #expect(throws: DNSConfigurationError.self) { try resolver(server) }
    }

    @Test func trustAnchorsMustBeReadable() throws {
        let files = try TemporaryDirectory()
        try TextFile.write("example. IN DS 1 2\n", to: "\(files.path)/broken")
        for file in ["\(files.path)/missing", "\(files.path)/broken"] {
            #expect(throws: DNSConfigurationError.self) {
                try DNSResolver(
                    configuration: DNSConfiguration(servers: ["127.0.0.1"], trustAnchorFile: file),
                    logger: logger)
            }
        }
    }
}

extension DNSAnswer {
    var fault: DNSFault.Kind? {
        if case .failure(let fault) = self { fault.kind } else { nil }
    }
}
