import MailModel

@testable import Spool

/// A schedule that is asked in short words.
struct ScheduleFixture {
    var schedule: Schedule
    var now: Int64 = 1_000_000

    init(_ adjust: (inout SpoolConfiguration) -> Void = { _ in }) {
        var configuration = SpoolConfiguration()
        adjust(&configuration)
        schedule = Schedule(limits: configuration)
    }

    /// `to` is a domain, `local` or `reports`; `from` is the virtual host.
    mutating func add(
        _ id: UInt64, to destination: String = "b.example", from host: String = "a.example",
        due: Int64 = 0, _ lane: Job.Lane = .fresh, priority: Int8 = 0
    ) {
        schedule.add(
            QueueID(rawValue: id), Self.destination(destination),
            Self.plan(due, from: host, lane, priority), now: Timestamp(milliseconds: now))
    }

    mutating func add(
        _ ids: ClosedRange<UInt64>, to destination: String = "b.example",
        from host: String = "a.example", due: Int64 = 0, _ lane: Job.Lane = .fresh
    ) {
        for id in ids { add(id, to: destination, from: host, due: due, lane) }
    }

    mutating func take() -> UInt64? {
        schedule.take(now: Timestamp(milliseconds: now))?.id.rawValue
    }

    /// As many as there are to be had, up to `limit`.
    mutating func takeAll(_ limit: Int = .max) -> [UInt64] {
        var taken: [UInt64] = []
        while taken.count < limit, let id = take() { taken.append(id) }
        return taken
    }

    mutating func finish(
        _ id: UInt64, to destination: String = "b.example", again due: Int64? = nil,
        from host: String = "a.example", _ lane: Job.Lane = .retried
    ) {
        schedule.finish(
            QueueID(rawValue: id), Self.destination(destination),
            due.map { Self.plan($0, from: host, lane, 0) }, now: Timestamp(milliseconds: now))
    }

    /// Takes and finishes until nothing is left, and tells the order.
    mutating func drain(to destination: String = "b.example") -> [UInt64] {
        var order: [UInt64] = []
        while let taken = schedule.take(now: Timestamp(milliseconds: now)) {
            order.append(taken.id.rawValue)
            schedule.finish(taken.id, taken.destination, nil, now: Timestamp(milliseconds: now))
        }
        return order
    }

    func status(_ destination: String = "b.example") -> DestinationStatus? {
        schedule.statuses.first { $0.destination == Self.destination(destination) }
    }

    static func destination(_ name: String) -> Destination {
        switch name {
        case "local": .local
        case "reports": .reports
        default: .domain(name)
        }
    }

    private static func plan(_ due: Int64, from host: String, _ lane: Job.Lane, _ priority: Int8)
        -> Schedule.Plan
    {
        Schedule.Plan(
            due: Timestamp(milliseconds: due), virtualHost: host, lane: lane, priority: priority)
    }
}
