internal import MailModel

/// What the schedule keeps of a message.
struct ScheduledMessage {
    enum Phase {
        /// For its time.
        case waiting
        /// Its time has come; for its turn.
        case ready
        case inWork
    }

    var due: Timestamp
    var host: VirtualHosts.Index
    var lane: VirtualHosts.Lane
    var phase: Phase
    var isForced: Bool
}
