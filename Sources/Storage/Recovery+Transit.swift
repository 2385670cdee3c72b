import Logging
import MailModel

extension Recovery {
    /// Messages that were in transit get rows, but for recipients that the log before the checkpoint
    /// says are settled. All in one transaction: that part of the log is not looked at again. What it
    /// says behind the checkpoint is replayed afterwards.
    func enqueueTransit() throws {
        let (transit, checkpoint) = (writer.transit, writer.checkpoint)
        guard let lowest = transit.lowest else { return }
        var messages: [QueueID: (AcceptedMessage, body: LogPosition)] = [:]
        var settled: [QueueID: Set<Int>] = [:]
        let damaged = try files.read(LogExcerpt(start: lowest, end: checkpoint)) { change, _ in
            switch change {
            case .accepted(let message, let body, _) where transit.starts[message.id] != nil:
                messages[message.id] = (message, body)
            case .settled(let id, let numbers, _, _) where transit.starts[id] != nil:
                settled[id, default: []].formUnion(numbers)
            default: break
            }
        }
        for number in damaged {
            logger.critical(
                "message log: segment's header damaged", metadata: ["segment": "\(number)"])
        }
        var changes: [IndexChange] = []
        for id in transit.starts.keys.sorted() {
            let settled = settled[id] ?? []
            if let (message, body) = messages[id], settled.count < message.recipients.count {
                changes.append(.logged(.enqueued(message, body: body, settled: settled)))
                continue
            }
            if messages[id] == nil {
                logger.critical("message log: \(id) waits in the queue, but is not in the log")
            }
            changes.append(.logged(.settled(id, [], isLast: true, end: checkpoint)))
        }
        _ = try writer.transaction(changes[...])
        logger.notice(
            "message log: messages that were in transit", metadata: ["messages": "\(messages.count)"])
    }
}
