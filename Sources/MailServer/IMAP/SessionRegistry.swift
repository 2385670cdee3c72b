internal import Authentication
internal import Directory
internal import Logging
internal import MailModel
internal import Synchronization

/// The sessions that are logged in, by account: how many an account has, and whether it may still
/// have them. Each account with sessions is looked up once in a while; one that the directory has
/// switched off or does not know any more loses them, and its changes (the quota, say) reach them.
/// A directory that does not answer changes nothing.
final class SessionRegistry: Sendable {
    private struct Entry {
        var account: Account
        var sessions: [ObjectIdentifier: Weak] = [:]
    }

    private struct Weak {
        weak var place: SessionPlace?
    }

    private struct State {
        var entries: [AccountID: Entry] = [:]
        var isChecking = false
    }

    private let state = Mutex(State())
    private let directory: any IMAPDirectory
    private let interval: Duration
    private let maximumPerAccount: Int
    private let logger: Logger

    init(
        directory: any IMAPDirectory, interval: Duration, maximumPerAccount: Int, logger: Logger
    ) {
        self.directory = directory
        self.interval = interval
        self.maximumPerAccount = maximumPerAccount
        self.logger = logger
    }

    /// Nil when the account has as many sessions as it may have. The place is given back with the
    /// returned object.
    /// - Parameter wake: called from any thread when there is news.
    func admit(_ account: Account, wake: @escaping @Sendable () -> Void) -> SessionPlace? {
        let place = SessionPlace(account.id, in: self, wake: wake)
        let (isAdmitted, startsChecking) = state.withLock { state in
            var entry = state.entries[account.id] ?? Entry(account: account)
            guard entry.sessions.count < maximumPerAccount else { return (false, false) }
            entry.sessions[ObjectIdentifier(place)] = Weak(place: place)
            state.entries[account.id] = entry
            defer { state.isChecking = true }
            return (true, !state.isChecking)
        }
        guard isAdmitted else {
            place.abandon()
            return nil
        }
        // It ends when there are no sessions.
        if startsChecking { Task { await self.check() } }
        return place
    }

    /// No place is looked at here: whoever holds one last, if only for a moment, ends it, and its
    /// end comes here.
    fileprivate func leave(_ account: AccountID, _ place: ObjectIdentifier) {
        state.withLock { state in
            state.entries[account]?.sessions[place] = nil
            if state.entries[account]?.sessions.isEmpty == true { state.entries[account] = nil }
        }
    }

    // MARK: Checking

    private func check() async {
        while true {
            do { try await Task.sleep(for: interval) } catch { return }
            let accounts = state.withLock { state in
                if state.entries.isEmpty { state.isChecking = false }
                return state.entries.values.map(\.account)
            }
            guard !accounts.isEmpty else { return }
            for account in accounts { await check(account) }
        }
    }

    private func check(_ known: Account) async {
        let id = known.id
        let news: SessionPlace.News
        switch await directory.current(known) {
        case .found(let account) where account.isAllowedIMAP: news = .changed(account)
        case .found(let account): news = .ended("status \(account.status), or IMAP not allowed")
        case .notFound: news = .ended("the directory has no such account")
        case .unavailable: return
        }
        // Held until the lock is free again: the end of a place takes it.
        let places: [SessionPlace] = state.withLock { state in
            guard let entry = state.entries[id] else { return [] }
            if case .changed(let account) = news {
                if account == entry.account { return [] }
                state.entries[id]?.account = account
            }
            return entry.sessions.values.compactMap(\.place)
        }
        for place in places { place.tell(news) }
    }
}

/// One session's place among those of its account.
final class SessionPlace: Sendable {
    enum News: Sendable {
        case changed(Account)
        case ended(String)
    }

    private struct State {
        var news: News?
        var isAbandoned = false
    }

    private let account: AccountID
    private let registry: SessionRegistry
    private let wake: @Sendable () -> Void
    private let state = Mutex(State())

    fileprivate init(
        _ account: AccountID, in registry: SessionRegistry, wake: @escaping @Sendable () -> Void
    ) {
        self.account = account
        self.registry = registry
        self.wake = wake
    }

    deinit {
        if !state.withLock(\.isAbandoned) { registry.leave(account, ObjectIdentifier(self)) }
    }

    fileprivate func abandon() { state.withLock { $0.isAbandoned = true } }

    fileprivate func tell(_ news: News) {
        state.withLock { $0.news = news }
        wake()
    }

    func takeNews() -> News? {
        state.withLock { $0.news.take() }
    }
}

extension Account {
    fileprivate var isAllowedIMAP: Bool {
        (status == .active || status == .hold) && allows(.imap)
    }
}
