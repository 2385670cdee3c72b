internal import Authentication
internal import Directory
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Asks the directory now and then whether entries may have SCRAM secrets, so that SCRAM is not on offer
/// where it could never succeed. While the directory does not say, what it said last counts.
final class SecretsWatch: ServiceLifecycle.Service, Sendable {
    private static let interval = Duration.seconds(600)
    /// While nothing is known.
    private static let retryInterval = Duration.seconds(10)

    private let directory: Directory
    private let sasl: SASLService
    private let logger: Logger
    private let known = Mutex<Bool?>(nil)

    init(_ directory: Directory, _ sasl: SASLService, logger: Logger) {
        self.directory = directory
        self.sasl = sasl
        self.logger = logger
    }

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isKnown = await self.look()
                // Cancelled: the loop ends.
                try? await Task.sleep(for: isKnown ? Self.interval : Self.retryInterval)
            }
        }
    }

    /// - Returns: whether the directory has said anything yet, or need not.
    @discardableResult
    func look() async -> Bool {
        guard sasl.usesSCRAM else { return true }
        guard let answer = await directory.canHoldSecrets() else { return known.withLock { $0 != nil } }
        let before = known.withLock { known in
            defer { known = answer }
            return known
        }
        guard before != answer else { return true }
        sasl.setCanHoldSecrets(answer)
        if !answer {
            logger.notice("SCRAM is not offered: the directory's schema has no attribute for its secrets")
        } else if before == false {
            logger.notice("SCRAM is offered again: the directory's schema has the attribute for its secrets")
        }
        return true
    }
}
