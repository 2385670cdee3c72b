package import InternetMessage
package import Logging
package import MailModel
package import Storage
import Synchronization

/// Facts and keys of messages (`MessageFacts`, `MessageKeys`), computed from the stored bytes at the
/// first question and kept in `cache.sqlite`, with those used last in memory.
///
/// Nothing here is worth a failure: a cache file that is corrupt, of another version or can't be written
/// is thrown away and made anew, and what is not kept is computed. Ask in portions (some hundred
/// messages): the answers are in memory all at once.
package final class MessageCache: Sendable {
    /// Makes the wire texts; the protocol's share.
    /// - Parameter preview: the beginning of the message's text, if it has any.
    package typealias Describe = @Sendable (_ message: MIMEMessage, _ preview: String?) -> MessageFacts

    /// Octets of facts and keys kept in memory.
    private static let memoryOctets = 4 << 20
    /// Messages computed before others get their turn on the thread.
    private static let computedInOneGo = 32

    private let maker: FactsMaker
    private let file: CacheFile
    private let facts: Mutex<RecentlyUsed<MessageFacts>>
    private let keys: Mutex<RecentlyUsed<MessageKeys>>

    /// Opens or makes `cache.sqlite` in the state directory. Blocks.
    package init(
        directory: String, storage: any MailboxStorage, logger: Logger,
        describe: @escaping Describe
    ) {
        maker = FactsMaker(storage: storage, logger: logger, describe: describe)
        file = CacheFile(path: directory + "/cache.sqlite", logger: logger)
        facts = Mutex(RecentlyUsed(limit: Self.memoryOctets * 3 / 4))
        keys = Mutex(RecentlyUsed(limit: Self.memoryOctets / 4))
    }

    /// In the order of the messages; nil for one whose bytes can't be read (any more).
    package func facts(of messages: [MessageReference]) async -> [MessageFacts?] {
        await values(
            of: messages, recent: { messages in facts.withLock { recent in messages.map { recent[$0.id] } } },
            kept: { await file.facts(of: $0) }, computed: { $0.facts })
    }

    /// In the order of the messages; nil for one whose bytes can't be read (any more).
    package func keys(of messages: [MessageReference]) async -> [MessageKeys?] {
        await values(
            of: messages, recent: { messages in keys.withLock { recent in messages.map { recent[$0.id] } } },
            kept: { await file.keys(of: $0) }, computed: { $0.keys })
    }

    /// Facts that are at hand without reading the message: for PREVIEW (LAZY).
    package func factsAtHand(of messages: [MessageReference]) async -> [MessageFacts?] {
        await values(
            of: messages, recent: { messages in facts.withLock { recent in messages.map { recent[$0.id] } } },
            kept: { await file.facts(of: $0) }, computed: nil)
    }

    /// Forgets messages that are not stored any more.
    package func removed(_ ids: [QueueID]) {
        facts.withLock { for id in ids { $0.remove(id) } }
        keys.withLock { for id in ids { $0.remove(id) } }
        file.remove(ids)
    }

    /// Writes what waits to be kept and closes the file.
    package func close() async { await file.close() }

    private func values<Value: CachedValue>(
        of messages: [MessageReference], recent: ([MessageReference]) -> [Value?],
        kept: ([QueueID]) async -> [Value?], computed: ((ComputedFacts) -> Value)?
    ) async -> [Value?] {
        var values = recent(messages)
        var missing = values.indices.filter { values[$0] == nil }
        guard !missing.isEmpty else { return values }
        let found = await kept(missing.map { messages[$0].id })
        for (index, value) in zip(missing, found) {
            values[index] = value
            if let value { Value.remember(value, messages[index].id, in: self) }
        }
        missing.removeAll { values[$0] != nil }
        guard let computed else { return values }
        for (count, index) in missing.enumerated() {
            if count % Self.computedInOneGo == Self.computedInOneGo - 1 { await Task.yield() }
            guard let made = await maker.make(messages[index]) else { continue }
            file.keep(made)
            facts.withLock { $0[made.id] = made.facts }
            keys.withLock { $0[made.id] = made.keys }
            values[index] = computed(made)
        }
        return values
    }
}

/// What the cache holds: facts or keys.
protocol CachedValue: Sendable {
    var octets: Int { get }
    static func remember(_ value: Self, _ id: QueueID, in cache: MessageCache)
}

extension MessageFacts: CachedValue {
    var octets: Int { encoded.count }

    static func remember(_ value: MessageFacts, _ id: QueueID, in cache: MessageCache) {
        cache.remember(value, id)
    }
}

extension MessageKeys: CachedValue {
    var octets: Int { encoded.count }

    static func remember(_ value: MessageKeys, _ id: QueueID, in cache: MessageCache) {
        cache.remember(value, id)
    }
}

extension MessageCache {
    fileprivate func remember(_ value: MessageFacts, _ id: QueueID) {
        facts.withLock { $0[id] = value }
    }

    fileprivate func remember(_ value: MessageKeys, _ id: QueueID) {
        keys.withLock { $0[id] = value }
    }
}
