import MailModel
import Storage
import Synchronization

/// The mailboxes in use and the sessions that watch accounts: where committed changes go.
///
/// With nobody connected a commit costs one comparison here; else a look-up for each changed mailbox.
final class MailboxHub: Sendable {
    private enum Entry {
        case live(Weak<LiveMailbox>)
        case loading(Loading)
    }

    /// A mailbox that is being read. Changes that are committed meanwhile are kept until it is there.
    private struct Loading {
        var changes: [MailboxChange.Kind] = []
        var waiters: [CheckedContinuation<Result<LiveMailbox, MailboxError>, Never>] = []
    }

    private struct Watchers {
        var byNumber: [Int: Weak<ChangeWatcher>] = [:]

        func add(_ change: MailboxChange, _ held: inout [AnyObject]) {
            for weak in byNumber.values {
                guard let watcher = weak.value else { continue }
                watcher.add(change)
                held.append(watcher)
            }
        }
    }

    private struct State {
        var mailboxes: [Int64: Entry] = [:]
        var accounts: [AccountID: Watchers] = [:]
        /// By identifier of access lists.
        var access: [String: Watchers] = [:]
        var recent = RecentMailboxes()
        var lastWatcher = 0

        mutating func nextWatcher() -> Int {
            lastWatcher += 1
            return lastWatcher
        }
    }

    private let storage: any MailboxStorage
    private let state = Mutex(State())

    init(_ storage: any MailboxStorage) {
        self.storage = storage
    }

    // MARK: Changes

    /// The storage engine's observer.
    func publish(_ changes: [MailboxChange]) {
        // What a weak reference yields may be the last to hold it; its end takes the lock.
        var held: [AnyObject] = []
        let dropped: [LiveMailbox] = state.withLock { state in
            guard !state.mailboxes.isEmpty || !state.accounts.isEmpty || !state.access.isEmpty
            else { return [] }
            var dropped: [LiveMailbox] = []
            for change in changes {
                deliver(change, &state, &held)
                if case .deleted = change.kind, let mailbox = state.recent.remove(change.mailbox) {
                    dropped.append(mailbox)
                }
            }
            return dropped
        }
        withExtendedLifetime((held, dropped)) {}
    }

    private func deliver(
        _ change: MailboxChange, _ state: inout State, _ held: inout [AnyObject]
    ) {
        switch state.mailboxes[change.mailbox] {
        case .live(let weak):
            if let mailbox = weak.value {
                mailbox.apply(change.kind)
                held.append(mailbox)
            }
            // Its sessions keep what they have; nobody opens it any more.
            if case .deleted = change.kind { state.mailboxes[change.mailbox] = nil }
        case .loading(var loading):
            loading.changes.append(change.kind)
            state.mailboxes[change.mailbox] = .loading(loading)
        case nil: break
        }
        if case .access(let identifier) = change.kind {
            state.access[identifier]?.add(change, &held)
        }
        state.accounts[change.account]?.add(change, &held)
    }

    // MARK: Mailboxes

    /// Nil when it is not in use.
    func live(_ id: Int64) -> LiveMailbox? {
        state.withLock { state in
            guard case .live(let weak) = state.mailboxes[id] else { return nil }
            return weak.value
        }
    }

    func open(_ id: Int64) async throws(MailboxError) -> LiveMailbox {
        let result = await withCheckedContinuation {
            (waiter: CheckedContinuation<Result<LiveMailbox, MailboxError>, Never>) in
            let known: LiveMailbox? = state.withLock { state in
                switch state.mailboxes[id] {
                case .live(let weak):
                    if let mailbox = weak.value { return mailbox }
                    fallthrough
                case nil:
                    state.mailboxes[id] = .loading(Loading(waiters: [waiter]))
                    Task { await self.load(id) }
                case .loading(var loading):
                    loading.waiters.append(waiter)
                    state.mailboxes[id] = .loading(loading)
                }
                return nil
            }
            if let known { waiter.resume(returning: .success(known)) }
        }
        return try result.get()
    }

    private func load(_ id: Int64) async {
        let contents: Result<MailboxContents, MailboxError>
        do throws(MailError) {
            contents = try await storage.contents(of: id).map { .success($0) }
                ?? .failure(.nonexistent)
        } catch {
            contents = .failure(.unavailable(error))
        }
        let (loading, result, dropped) = state.withLock { state in
            guard case .loading(let loading) = state.mailboxes[id] else {
                preconditionFailure("a mailbox is loaded once")
            }
            let result = contents.map { contents in
                let account = contents.status.account
                let mailbox = LiveMailbox(
                    contents,
                    onRecent: { [storage] uid in
                        storage.setRecent(from: uid, in: id, account: account)
                    }, onEnd: { [weak self] in self?.forget(id) })
                for change in loading.changes { mailbox.apply(change) }
                return mailbox
            }
            var dropped: [LiveMailbox] = []
            switch result {
            case .success(let mailbox):
                state.mailboxes[id] = .live(Weak(mailbox))
                dropped = state.recent.insert(mailbox)
            case .failure: state.mailboxes[id] = nil
            }
            return (loading, result, dropped)
        }
        withExtendedLifetime(dropped) {}
        for waiter in loading.waiters { waiter.resume(returning: result) }
    }

    private func forget(_ id: Int64) {
        // Meanwhile it may have been opened anew; who looks may then be the last to hold it.
        let opened: LiveMailbox? = state.withLock { state in
            guard case .live(let weak) = state.mailboxes[id] else { return nil }
            let opened = weak.value
            if opened == nil { state.mailboxes[id] = nil }
            return opened
        }
        withExtendedLifetime(opened) {}
    }

    // MARK: Watching

    func watch(_ account: AccountID, wake: @escaping @Sendable () -> Void) -> ChangeWatcher {
        state.withLock { state in
            let number = state.nextWatcher()
            let watcher = ChangeWatcher(wake: wake) { [weak self] in
                self?.endWatch(account, number)
            }
            state.accounts[account, default: Watchers()].byNumber[number] = Weak(watcher)
            return watcher
        }
    }

    func watchAccess(of identifiers: Set<String>, wake: @escaping @Sendable () -> Void)
        -> ChangeWatcher
    {
        state.withLock { state in
            let number = state.nextWatcher()
            let watcher = ChangeWatcher(wake: wake) { [weak self] in
                self?.endAccessWatch(identifiers, number)
            }
            for identifier in identifiers {
                state.access[identifier, default: Watchers()].byNumber[number] = Weak(watcher)
            }
            return watcher
        }
    }

    private func endWatch(_ account: AccountID, _ number: Int) {
        state.withLock { state in
            state.accounts[account]?.byNumber[number] = nil
            if state.accounts[account]?.byNumber.isEmpty == true { state.accounts[account] = nil }
        }
    }

    private func endAccessWatch(_ identifiers: Set<String>, _ number: Int) {
        state.withLock { state in
            for identifier in identifiers {
                state.access[identifier]?.byNumber[number] = nil
                if state.access[identifier]?.byNumber.isEmpty == true {
                    state.access[identifier] = nil
                }
            }
        }
    }
}

struct Weak<Object: AnyObject & Sendable>: Sendable {
    private(set) weak var value: Object?

    init(_ value: Object) { self.value = value }
}
