internal import Logging

/// The policies on disk, so that a restart does not forget what hosts asked for: a line for each
/// policy fetched, the last one of a domain counts.
///
/// What cannot be written is told to the log and goes on in memory.
struct PolicyFile: Sendable {
    private let directory: String
    /// Nothing is written.
    private let isReadOnly: Bool
    private let file: LineFile
    private let logger: Logger
    /// One: lines are written in the order in which policies came.
    private let threads = WorkerThreads(limit: 1, waitingLimit: 10_000)

    init(directory: String, isReadOnly: Bool = false, logger: Logger) {
        self.directory = directory
        self.isReadOnly = isReadOnly
        file = LineFile(path: directory + "/mta-sts.jsonl")
        self.logger = logger
    }

    /// The policies of all lines, expired ones too, in their order.
    func load() async -> [CachedPolicy] {
        let read = await perform("read") { [directory, isReadOnly, file] () throws(LineFileError) in
            var policies: [CachedPolicy] = []
            if !isReadOnly { try LineFile.createDirectory(directory) }
            try file.forEachLine { line in
                if let policy = CachedPolicy(line: line) { policies.append(policy) }
            }
            return policies
        }
        return read ?? []
    }

    func append(_ policy: CachedPolicy) async {
        guard !isReadOnly else { return }
        await perform("write") { [file] () throws(LineFileError) in try file.append(policy.line()) }
    }

    /// Leaves out what is outdated.
    func rewrite(_ policies: [CachedPolicy]) async {
        guard !isReadOnly else { return }
        await perform("write") { [file] () throws(LineFileError) in
            try file.replace(with: policies.flatMap { $0.line() })
        }
    }

    @discardableResult
    private func perform<T: Sendable>(
        _ verb: String, _ body: @escaping @Sendable () throws(LineFileError) -> T
    ) async -> T? {
        let result = await threads.run { Result { () throws(LineFileError) in try body() } }
        switch result {
        case .success(let value):
            return value
        case .failure(let error):
            logger.warning(
                "Can't \(verb) the cache of MTA-STS policies", metadata: ["cause": "\(error)"])
            return nil
        case nil:
            return nil
        }
    }
}
