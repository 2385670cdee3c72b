package import Logging
package import MailModel
package import Storage
import Synchronization

/// Finds texts in messages, with an index for each account that needs one: SQLite files with trigrams,
/// `search/<account id>.sqlite` in the state directory, made with the account's first search of
/// text and from then on kept up to date behind delivery.
///
/// What is not indexed (yet) is found by reading the messages; an index that can't be made or is
/// damaged makes searches slow, never wrong.
package final class TextIndex: Sendable {
    private struct State {
        var open: [AccountID: AccountIndex] = [:]
        /// The account used longest ago first.
        var order: [AccountID] = []
        /// Accounts whose index could not be opened: not tried again.
        var failed: Set<AccountID> = []
        /// Accounts with a file.
        var indexed: Set<AccountID> = []
        /// Mailboxes with messages to index: from which UID on.
        var pending: [Int64: Pending] = [:]
        var isWorking = false
        var isStopped = false
    }

    private struct Pending {
        var account: AccountID
        var from: UInt32
    }

    private static let threads = 2
    private static let maximumOpen = 16
    private static let maximumPending = 10_000
    /// Messages taken from the store, and octets of text put into an index at once.
    private static let portion = 64
    private static let batchOctets = 512 << 10

    package let catalog: MailboxCatalog
    private let storage: any MailboxStorage
    private let configuration: TextIndexConfiguration
    private let files: IndexFiles
    private let reader: TextReader
    private let logger: Logger
    private let executor = SearchThreads(count: threads)
    private let state: Mutex<State>

    /// Never fails: without a usable directory, searches read the messages. Blocks.
    package init(
        storage: any MailboxStorage, configuration: TextIndexConfiguration, logger: Logger
    ) {
        self.storage = storage
        self.configuration = configuration
        self.logger = logger
        catalog = MailboxCatalog(storage)
        reader = TextReader(storage: storage)
        files = IndexFiles(directory: configuration.directory)
        state = Mutex(State(indexed: files.accounts()))
    }

    // MARK: Behind delivery

    /// To be called with every committed change, in order; does not block.
    package func observe(_ changes: [MailboxChange]) {
        let starts = state.withLock { state in
            guard configuration.mode == .always || !state.indexed.isEmpty else { return false }
            for change in changes {
                switch change.kind {
                case .appended(let messages):
                    guard
                        configuration.mode == .always || state.indexed.contains(change.account),
                        let first = messages.first
                    else { continue }
                    Self.note(change.mailbox, change.account, from: first.uid, &state)
                case .deleted: state.pending[change.mailbox] = nil
                default: break
                }
            }
            return Self.startsWork(&state)
        }
        if starts { startWork() }
    }

    /// Ends the work in the background, as soon as the current message is done.
    package func shutDown() async {
        state.withLock { state in
            state.isStopped = true
            state.pending = [:]
            state.open = [:]
            state.order = []
        }
    }

    private static func note(
        _ mailbox: Int64, _ account: AccountID, from uid: UInt32, _ state: inout State
    ) {
        // What is left out is indexed by the next search that meets it.
        guard state.pending.count < maximumPending || state.pending[mailbox] != nil else { return }
        let known = state.pending[mailbox]?.from ?? .max
        state.pending[mailbox] = Pending(account: account, from: min(known, uid))
    }

    private static func startsWork(_ state: inout State) -> Bool {
        guard !state.pending.isEmpty, !state.isWorking, !state.isStopped else { return false }
        state.isWorking = true
        return true
    }

    private func startWork() {
        Task(executorPreference: executor) { await self.work() }
    }

    private func work() async {
        while let (mailbox, pending) = takePending() {
            do throws(MailError) {
                try await catchUp(mailbox, pending)
            } catch {
                logger.warning(
                    "mail is not indexed for now",
                    metadata: ["mailbox": "\(mailbox)", "cause": "\(error.cause ?? error.text)"])
            }
        }
    }

    private func takePending() -> (Int64, Pending)? {
        state.withLock { state in
            guard !state.isStopped, let (mailbox, pending) = state.pending.first else {
                state.isWorking = false
                return nil
            }
            state.pending[mailbox] = nil
            return (mailbox, pending)
        }
    }

    private func catchUp(_ mailbox: Int64, _ pending: Pending) async throws(MailError) {
        guard let index = await index(of: pending.account) else { return }
        var from = pending.from
        while !state.withLock({ $0.isStopped }) {
            let messages = try await storage.messages(
                UIDSet([from...UInt32.max]), in: mailbox, limit: Self.portion)
            guard let last = messages.last else { return }
            let unknown = Set(await index.unknown(messages.map { $0.message.id.rawValue }))
            var batch: [(id: UInt64, text: SearchableText)] = []
            for message in messages where unknown.contains(message.message.id.rawValue) {
                guard let text = try await reader.read(message.message) else { continue }
                batch.append((message.message.id.rawValue, text))
                if Self.octets(batch) >= Self.batchOctets {
                    await add(batch, to: index, of: pending.account)
                    batch = []
                }
            }
            await add(batch, to: index, of: pending.account)
            guard last.uid < .max else { return }
            from = last.uid + 1
        }
    }

    private static func octets(_ batch: [(id: UInt64, text: SearchableText)]) -> Int {
        batch.reduce(0) { $0 + $1.text.octets }
    }

    private func add(
        _ batch: [(id: UInt64, text: SearchableText)], to index: AccountIndex, of account: AccountID
    ) async {
        guard !batch.isEmpty else { return }
        do throws(SQLiteFile.Failure) {
            try await index.add(batch)
        } catch {
            drop(index, of: account, error)
        }
    }

    // MARK: Searching

    /// What the account's index knows of the rows that match. Makes the index when there is none.
    /// - Parameter rows: ascending.
    package func find(
        _ condition: TextCondition, in account: AccountID, _ columns: MessageColumns, rows: [Int]
    ) async -> TextMatches {
        await withTaskExecutorPreference(executor) {
            await self.findHere(condition, account, columns, rows)
        }
    }

    private func findHere(
        _ condition: TextCondition, _ account: AccountID, _ columns: MessageColumns, _ rows: [Int]
    ) async -> TextMatches {
        var matches = TextMatches()
        let existing = rows.filter { columns.ids[$0] != 0 }
        guard let index = await index(of: account) else {
            matches.unread = existing
            return matches
        }
        var ids = existing.map { columns.ids[$0] }
        ids.sort()
        let found: (matching: Set<UInt64>, unread: Set<UInt64>, scores: [UInt64: Double])
        do throws(SQLiteFile.Failure) {
            found = try await index.find(condition, among: ids)
        } catch {
            drop(index, of: account, error)
            matches.unread = existing
            return matches
        }
        var delivery = DeliveryHeaderTest(condition)
        for row in existing {
            let id = columns.ids[row]
            if found.matching.contains(id) {
                matches.matched.append(row)
                if let score = found.scores[id] { matches.scores[row] = score }
            } else if delivery.matches(row, of: columns) {
                matches.matched.append(row)
            } else if !found.unread.isEmpty && found.unread.contains(id)
                || delivery.isUnknown(row, of: columns)
            {
                matches.unread.append(row)
            }
        }
        return matches
    }

    /// Reads the messages in these rows, and indexes them by the way. Copies of a message that are
    /// in one portion are read once.
    /// - Returns: the rows that match, in their order. Messages that are gone do not.
    package func read(
        _ condition: TextCondition, in account: AccountID, of mailbox: Int64,
        _ columns: MessageColumns, rows: ArraySlice<Int>
    ) async throws(MailError) -> [Int] {
        let result: Result<[Int], MailError> = await withTaskExecutorPreference(executor) {
            do throws(MailError) {
                return .success(
                    try await self.readHere(condition, account, mailbox, columns, rows))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func readHere(
        _ condition: TextCondition, _ account: AccountID, _ mailbox: Int64,
        _ columns: MessageColumns, _ rows: ArraySlice<Int>
    ) async throws(MailError) -> [Int] {
        let index = await index(of: account)
        var delivery = DeliveryHeaderTest(condition)
        var matching: [Int] = []
        var batch: [(id: UInt64, text: SearchableText)] = []
        /// Copies of one message are read once.
        var outcomes: [UInt64: Bool] = [:]
        for row in rows {
            let id = columns.ids[row]
            if outcomes[id] == nil {
                guard let text = try await reader.read(columns.reference(row)) else { continue }
                outcomes[id] = try await matches(text, condition, columns.reference(row))
                batch.append((id, text))
                if let index, Self.octets(batch) >= Self.batchOctets {
                    await add(batch, to: index, of: account)
                    batch = []
                }
            }
            if outcomes[id] == true {
                matching.append(row)
            } else if delivery.isUnknown(row, of: columns) {
                let messages = try await storage.messages(
                    UIDSet(ascending: [columns.uids[row]]), in: mailbox, limit: 1)
                if let message = messages.first, delivery.matches(message.deliveryHeader) {
                    matching.append(row)
                }
            }
        }
        if let index { await add(batch, to: index, of: account) }
        return matching
    }

    private func matches(
        _ text: SearchableText, _ condition: TextCondition, _ reference: MessageReference
    ) async throws(MailError) -> Bool {
        if text.matches(condition) { return true }
        guard !text.isComplete, condition.field == .body || condition.field == .text else {
            return false
        }
        return try await reader.bodyContains(condition.needle, reference)
    }

    /// Runs what takes long on the threads for searching.
    package func compute<Value: Sendable>(_ body: @Sendable () -> Value) async -> Value {
        await withTaskExecutorPreference(executor) { body() }
    }

    // MARK: Indexes

    /// Opened or made; nil when that is impossible.
    private func index(of account: AccountID) async -> AccountIndex? {
        let known: (index: AccountIndex?, isFailed: Bool) = state.withLock { state in
            if let index = state.open[account] {
                if state.order.last != account {
                    state.order.removeAll { $0 == account }
                    state.order.append(account)
                }
                return (index, false)
            }
            return (nil, state.isStopped || state.failed.contains(account))
        }
        if known.isFailed { return nil }
        if let index = known.index { return index }
        return await openIndex(of: account)
    }

    private func openIndex(of account: AccountID) async -> AccountIndex? {
        let messages: Int64
        let mailboxes: [MailboxStatus]
        do throws(MailError) {
            messages = try await storage.usage(of: account).messages
            mailboxes = try await storage.mailboxes(of: account)
        } catch {
            return nil
        }
        do throws(SQLiteFile.Failure) {
            let opened = try files.open(account, messages: Int(messages))
            return adopt(opened, of: account, mailboxes)
        } catch {
            logger.warning(
                "searches of text are slow: no index",
                metadata: ["account": "\(account)", "error": "\(error)"])
            state.withLock { _ = $0.failed.insert(account) }
            return nil
        }
    }

    /// Another task may have opened the account's index meanwhile: then that one stays.
    private func adopt(
        _ opened: AccountIndex, of account: AccountID, _ mailboxes: [MailboxStatus]
    ) -> AccountIndex {
        let (index, starts) = state.withLock { state in
            if let first = state.open[account] { return (first, false) }
            state.open[account] = opened
            state.order.append(account)
            if state.order.count > Self.maximumOpen {
                state.open[state.order.removeFirst()] = nil
            }
            if state.indexed.insert(account).inserted {
                for mailbox in mailboxes where mailbox.messages > 0 {
                    Self.note(mailbox.id, account, from: 1, &state)
                }
            }
            return (opened, Self.startsWork(&state))
        }
        if starts { startWork() }
        return index
    }

    /// A damaged index is removed; the next search begins a new one.
    private func drop(_ index: AccountIndex, of account: AccountID, _ error: SQLiteFile.Failure) {
        let isFirst = state.withLock { state in
            guard state.open[account] === index else { return false }
            state.open[account] = nil
            state.order.removeAll { $0 == account }
            state.indexed.remove(account)
            return true
        }
        guard isFirst else { return }
        logger.warning(
            "a search index is begun anew",
            metadata: ["account": "\(account)", "error": "\(error)"])
        files.remove(account)
    }
}
