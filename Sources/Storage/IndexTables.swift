import GRDB
import MailModel

/// The index as its writer sees it: statements, and in memory what changes with every message.
/// Confined to the writer's thread; used within a transaction only.
///
/// After a rollback the memory is stale: `reload` before anything else.
final class IndexTables {
    /// Mailboxes kept in memory between transactions.
    private static let maximumMailboxes = 65_536

    let statements: IndexStatements
    let configuration: StorageConfiguration
    let keywords: KeywordTable
    let pins: SegmentPins
    var effects = CommitEffects()

    /// What of the log is applied.
    private(set) var checkpoint = LogPosition(segment: 1, offset: 0)
    private(set) var idCeiling: UInt64 = 1
    private var metaChanged = false

    var transit = TransitSet()

    private(set) var segments: [UInt64: SegmentUse] = [:]
    private var changedSegments: Set<UInt64> = []
    /// Complete, and to be looked at again: they were pinned, or may be dead since before the start.
    private var postponedSegments: Set<UInt64> = []

    var accounts: [AccountID: AccountState] = [:]
    var mailboxes: [Int64: MailboxState] = [:]
    private var changedMailboxes: Set<Int64> = []

    /// Numbers of the sets of keywords, by their names in order.
    var keywordSets: [[String]: UInt32] = [:]
    var nextKeywordSet: UInt32 = 1

    init(
        _ db: Database, keywords: KeywordTable, pins: SegmentPins,
        configuration: StorageConfiguration
    ) throws {
        statements = try IndexStatements(db)
        self.keywords = keywords
        self.pins = pins
        self.configuration = configuration
        try reload(db)
        try forgetUnusedKeywords(db)
    }

    /// Forgets what is in memory and reads it again.
    func reload(_ db: Database) throws {
        effects = CommitEffects()
        accounts = [:]
        mailboxes = [:]
        changedMailboxes = []
        changedSegments = []
        segments = [:]
        metaChanged = false
        try PreparedStatement(db, "SELECT segment, offset, id_ceiling FROM meta").each { row in
            checkpoint = LogPosition(
                segment: UInt64(row.integer(0)), offset: row.integer(1))
            idCeiling = UInt64(row.integer(2))
        }
        transit = try TransitSet(db)
        try PreparedStatement(db, "SELECT number, total, live FROM segments").each { row in
            segments[UInt64(row.integer(0))] = SegmentUse(
                total: row.integer(1), live: row.integer(2))
        }
        postponedSegments = Set(
            segments.filter { $0.key < checkpoint.segment && $0.value.live == 0 }.keys)
        try reloadKeywords(db)
    }

    // MARK: What is written once per transaction

    func advance(to end: LogPosition) {
        if end.segment != checkpoint.segment {
            changedSegments.insert(checkpoint.segment)
        }
        checkpoint = end
        effects.checkpoint = end
        metaChanged = true
        segments[end.segment, default: SegmentUse()].total = end.offset
        changedSegments.insert(end.segment)
    }

    func reserveIDs(upTo ceiling: UInt64) {
        idCeiling = max(idCeiling, ceiling)
        metaChanged = true
        effects.idCeiling = idCeiling
    }

    func addLive(_ bytes: Int64, in segment: UInt64) {
        segments[segment, default: SegmentUse()].live += bytes
        changedSegments.insert(segment)
    }

    func change(_ mailbox: Int64, _ body: (inout MailboxState) -> Void) {
        body(&mailboxes[mailbox]!)
        changedMailboxes.insert(mailbox)
    }

    /// Writes what `advance`, `addLive` and `change` have gathered.
    func flush() throws {
        for id in changedMailboxes {
            // Nil when it was removed.
            guard let state = mailboxes[id] else { continue }
            try write(state)
            effects.statuses.append(state.status)
        }
        changedMailboxes.removeAll(keepingCapacity: true)
        let pinned = min(pins.lowest ?? .max, transit.lowest?.segment ?? .max)
        changedSegments.formUnion(postponedSegments.filter { $0 < pinned })
        for number in changedSegments { try flushSegment(number, isPinned: number >= pinned) }
        changedSegments.removeAll(keepingCapacity: true)
        if metaChanged {
            statements.setMeta.bindAll(
                Int64(checkpoint.segment), checkpoint.offset, Int64(idCeiling))
            try statements.setMeta.run()
            metaChanged = false
        }
        if transit.isChanged {
            statements.setTransit.bind(1, transit.encode())
            try statements.setTransit.run()
        }
    }

    private func write(_ state: MailboxState) throws {
        let row = statements.setMailbox
        row.bind(1, state.id)
        row.bind(2, Int64(state.uidNext))
        row.bind(3, Int64(state.modSequence))
        row.bind(4, state.counters.messages)
        row.bind(5, state.counters.unseen)
        row.bind(6, state.counters.deleted)
        row.bind(7, state.counters.deletedBytes)
        row.bind(8, state.counters.bytes)
        row.bind(9, state.remembered)
        row.bind(10, Int64(state.expungedFloor))
        row.bind(11, Int64(state.recentFrom))
        try row.run()
    }

    private func flushSegment(_ number: UInt64, isPinned: Bool) throws {
        postponedSegments.remove(number)
        guard let use = segments[number] else { return }
        // Nothing is written any more to a segment that lies before the checkpoint.
        let isComplete = number < checkpoint.segment && !isPinned
        if number < checkpoint.segment, isPinned { postponedSegments.insert(number) }
        if isComplete, use.live == 0 {
            segments[number] = nil
            statements.deleteSegment.bindAll(Int64(number))
            try statements.deleteSegment.run()
            effects.deadSegments.append(number)
            return
        }
        if isComplete, isSparse(use) { effects.sparseSegments.append(number) }
        statements.setSegment.bindAll(Int64(number), use.total, use.live)
        try statements.setSegment.run()
    }

    /// Complete segments that are worth compacting.
    var sparseSegments: [UInt64] {
        segments.filter { $0.key < checkpoint.segment && isSparse($0.value) }.keys.sorted()
    }

    private func isSparse(_ use: SegmentUse) -> Bool {
        Double(use.live) < Double(use.total) * configuration.compactionThreshold
    }

    /// After a commit: the effects; and the memory stays bounded.
    func takeEffects() -> CommitEffects {
        if mailboxes.count > Self.maximumMailboxes {
            mailboxes = [:]
            accounts = [:]
        }
        defer { effects = CommitEffects() }
        return effects
    }
}
