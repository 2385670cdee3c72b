import MailModel
import NIOCore

/// What the log writes at once.
struct LogBatch {
    /// An update that records of the batch are about, and what is answered once they are durable.
    struct Settlement {
        let update: QueueUpdate
        let numbers: [Int]
        let results: [RecipientResult]
    }

    var records: [LogRecord] = []
    private(set) var settlements: [Settlement] = []
    private(set) var octets = 0
    /// Octets it may have.
    var room = 0
    /// Numbers of recipients, by their message.
    private var settled: [QueueID: Set<Int>] = [:]

    func settles(_ id: QueueID) -> Bool { settled[id] != nil }

    mutating func add(_ record: LogRecord) {
        records.append(record)
        octets += record.length
    }

    /// Adds the record of completions, unless all of them are recorded already.
    mutating func settle(_ update: QueueUpdate, of message: TransitMessages.Message) {
        let count = message.accepted.recipients.count
        var done = message.settled.union(settled[update.id] ?? [])
        var numbers: [Int] = []
        let results = update.updates.map { update -> RecipientResult in
            guard (0..<count).contains(update.number), done.insert(update.number).inserted else {
                return .gone
            }
            numbers.append(update.number)
            return .recorded
        }
        guard !numbers.isEmpty || settles(update.id) else {
            return update.reply.resume(returning: .success(results))
        }
        settlements.append(Settlement(update: update, numbers: numbers, results: results))
        guard !numbers.isEmpty else { return }
        settled[update.id, default: []].formUnion(numbers)
        add(
            LogRecord(
                .settled(update.id, numbers, isLast: done.count == count), body: ByteBuffer()
            ) { _ in })
    }
}
