internal import GRDB
internal import InternetMessage
internal import Logging
internal import MailModel
import Synchronization

/// The cache's file, read and written behind the callers. An error of SQLite drops the file and begins
/// a new one; when that can't be made, nothing is kept.
final class CacheFile: Sendable {
    private struct State {
        var database: CacheDatabase?
        var waiting: [ComputedFacts] = []
        var waitingOctets = 0
        var removed: [QueueID] = []
        var isWriting = false
        var isClosed = false
    }

    /// What waits to be written; more is not kept.
    private static let maximumWaiting = 8 << 20
    private static let maximumRemovals = 100_000

    private let path: String
    private let logger: Logger
    private let state: Mutex<State>

    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
        state = Mutex(State(database: Self.open(path, logger)))
    }

    func facts(of ids: [QueueID]) async -> [MessageFacts?] {
        await read(ids, from: .facts) { MessageFacts(decoding: $0) }
    }

    func keys(of ids: [QueueID]) async -> [MessageKeys?] {
        await read(ids, from: .keys) { MessageKeys(decoding: $0) }
    }

    func keep(_ computed: ComputedFacts) {
        let octets = computed.facts.encoded.count + computed.keys.encoded.count
        write { state in
            guard state.waitingOctets + octets <= Self.maximumWaiting else { return }
            state.waitingOctets += octets
            state.waiting.append(computed)
        }
    }

    func remove(_ ids: [QueueID]) {
        write { state in
            guard state.removed.count + ids.count <= Self.maximumRemovals else { return }
            state.removed += ids
        }
    }

    func close() async {
        let database = state.withLock { state in
            state.isClosed = true
            return state.database
        }
        guard let database else { return }
        await withCheckedContinuation { continuation in
            database.write { db in
                self.drain(database, db)
                continuation.resume()
            }
        }
        state.withLock { $0.database = nil }
        do {
            try database.close()
        } catch {
            logger.warning(
                "the message cache was not closed",
                metadata: ["path": "\(path)", "error": "\(error)"])
        }
    }

    private func read<Value: Sendable>(
        _ ids: [QueueID], from table: CacheDatabase.Table,
        _ decode: @escaping @Sendable ([UInt8]) -> Value?
    ) async -> [Value?] {
        guard let database = state.withLock({ $0.database }) else {
            return Array(repeating: nil, count: ids.count)
        }
        do {
            return try await database.values(of: ids, from: table).map { $0.flatMap(decode) }
        } catch {
            replace(database, error)
            return Array(repeating: nil, count: ids.count)
        }
    }

    private func write(_ change: (inout State) -> Void) {
        let database: CacheDatabase? = state.withLock { state in
            guard let database = state.database, !state.isClosed else { return nil }
            change(&state)
            guard !state.isWriting else { return nil }
            state.isWriting = true
            return database
        }
        guard let database else { return }
        database.write { db in self.drain(database, db) }
    }

    /// On the database's writing thread: writes until nothing waits.
    private func drain(_ database: CacheDatabase, _ db: Database) {
        while true {
            let (waiting, removed) = state.withLock { state in
                defer {
                    state.waiting = []
                    state.waitingOctets = 0
                    state.removed = []
                }
                state.isWriting = !state.waiting.isEmpty || !state.removed.isEmpty
                return (state.waiting, state.removed)
            }
            guard !waiting.isEmpty || !removed.isEmpty else { return }
            do {
                try CacheDatabase.keep(waiting, removing: removed, in: db)
            } catch {
                state.withLock { $0.isWriting = false }
                replace(database, error)
                return
            }
        }
    }

    /// Begins a new file, unless another caller has.
    private func replace(_ database: CacheDatabase, _ error: any Error) {
        let isFirst = state.withLock { state in
            guard state.database === database, !state.isClosed else { return false }
            state.database = nil
            return true
        }
        guard isFirst else { return }
        logger.warning(
            "the message cache is begun anew", metadata: ["path": "\(path)", "error": "\(error)"])
        CacheDatabase.removeFiles(path)
        let opened = Self.open(path, logger)
        state.withLock { $0.database = $0.isClosed ? nil : opened }
    }

    private static func open(_ path: String, _ logger: Logger) -> CacheDatabase? {
        do {
            return try CacheDatabase(path: path)
        } catch {
            CacheDatabase.removeFiles(path)
        }
        do {
            return try CacheDatabase(path: path)
        } catch {
            logger.warning(
                "the message cache can't be kept", metadata: ["path": "\(path)", "error": "\(error)"])
            return nil
        }
    }
}
