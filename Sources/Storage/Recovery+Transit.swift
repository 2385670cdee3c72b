import Logging
import MailModel

extension Recovery {
    /// What the log before the checkpoint says of messages in transit.
    private struct Found {
        var messages: [QueueID: (message: AcceptedMessage, body: LogPosition)] = [:]
        var settled: [QueueID: Set<Int>] = [:]
    }

    /// Messages that were in transit get rows, but for recipients that the log before the checkpoint
    /// says are settled. All in one transaction: that part of the log is not looked at again. What it
    /// says behind the checkpoint is replayed afterwards.
    func enqueueTransit(_ segments: [UInt64]) throws {
        let (transit, checkpoint) = (writer.transit, writer.checkpoint)
        guard let lowest = transit.lowest else { return }
        var found = Found()
        for number in segments where (lowest.segment...checkpoint.segment).contains(number) {
            let from = number == lowest.segment ? lowest.offset : 0
            try look(number, from: from, before: checkpoint, transit, &found)
        }
        var changes: [IndexChange] = []
        for id in transit.starts.keys.sorted() {
            let settled = found.settled[id] ?? []
            if let (message, body) = found.messages[id], settled.count < message.recipients.count {
                changes.append(.logged(.enqueued(message, body: body, settled: settled)))
                continue
            }
            if found.messages[id] == nil {
                logger.critical("message log: message \(id) of the queue is missing")
            }
            changes.append(.logged(.settled(id, [], isLast: true, end: checkpoint)))
        }
        _ = try writer.transaction(changes[...])
        logger.notice("message log: \(found.messages.count) messages were in transit")
    }

    private func look(
        _ number: UInt64, from: Int64, before checkpoint: LogPosition, _ transit: TransitSet,
        _ found: inout Found
    ) throws {
        let file = try files.file(.segment(number))
        guard let header = try SegmentHeader.read(file, number: number) else {
            return logger.critical(
                "message log: segment's header damaged", metadata: ["segment": "\(number)"])
        }
        var scanner = try SegmentScanner(file, header, from: from)
        while let (change, end) = try scanner.nextChange(), end <= checkpoint {
            switch change {
            case .accepted(let message, let body, _) where transit.starts[message.id] != nil:
                found.messages[message.id] = (message, body)
            case .settled(let id, let numbers, _, _) where transit.starts[id] != nil:
                found.settled[id, default: []].formUnion(numbers)
            default: break
            }
        }
    }
}
