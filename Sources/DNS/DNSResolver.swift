internal import Glibc
package import Logging
internal import Synchronization

/// Asks the DNS what the delivery of mail needs to know, through libunbound: recursive servers, a
/// cache, DNSSEC validation.
///
/// - Failures are values of the answers; nothing throws. "No" is always the DNS's own word:
///   silence, broken servers and forged answers are failures, which are temporary.
/// - Names are taken in U- or A-labels. One that no host or domain can have is answered as one that
///   doesn't exist.
/// - Each question has the deadline of the configuration; a task that is cancelled gets a failure
///   at once.
package final class DNSResolver: Sendable {
    /// MX records of a domain beyond this many, the least preferred, are left out.
    package static let maximumMailExchangers = 50
    /// Addresses of a host beyond this many are left out.
    package static let maximumAddresses = 20

    let logger: Logger
    private let timeout: Duration
    private let gate: QuestionGate
    private let generator: Mutex<any RandomNumberGenerator & Sendable>

    /// - Parameter generator: shuffles mail exchangers of one preference.
    package init(
        configuration: DNSConfiguration, logger: Logger,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) throws(DNSConfigurationError) {
        let servers =
            configuration.servers.isEmpty ? NameServers.ofSystem() : configuration.servers
        let anchorFile = configuration.anchorFile
        if configuration.validates && anchorFile == nil {
            logger.warning("No DNSSEC keys of the root zone: all DNS answers count as insecure")
        }
        let context = try UnboundContext(configuration, servers: servers, anchorFile: anchorFile)
        let gate = try QuestionGate(maximum: 11 * max(configuration.maximumOutstanding, 1))
        self.logger = logger
        self.gate = gate
        timeout = configuration.timeout
        self.generator = Mutex(generator)
        try ResolverThread.detach {
            var loop = QuestionLoop(
                context: context, gate: gate, configuration: configuration, logger: logger)
            loop.run()
        }
    }

    deinit { gate.stop(Self.shuttingDown) }

    /// Fails what waits, forgets the cache and ends the threads.
    package func shutDown() async {
        gate.stop(Self.shuttingDown)
        await gate.waitForEnd()
    }

    /// Asks for records of any type.
    package func lookUp(_ name: String, _ type: DNSRecordType) async -> DNSAnswer {
        guard let name = DomainName.ascii(name) else { return .noSuchName(isSecure: false) }
        if let fault = gate.enter() { return .failure(fault) }
        defer { gate.leave() }
        let asker = Asker(Question(name: name, type: type), deadline: .now + timeout)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if asker.wait(continuation) { gate.submit(asker) }
            }
        } onCancel: {
            asker.fail(.cancelled, "cancelled")
        }
    }

    func shuffled(_ hosts: [MailExchanger]) -> [MailExchanger] {
        generator.withLock { hosts.shuffled(using: &$0) }
    }

    private static let shuttingDown = DNSFault(.shutDown, "shutting down")
}
