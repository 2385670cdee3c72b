internal import Directory
internal import MailModel
internal import Metrics
internal import Spool
internal import Storage

extension ServerMonitor {
    /// A batch of the log or the index takes milliseconds; one that takes so many seconds hangs.
    private static let longestTurn = 15

    func health() async -> HealthReport {
        var report = HealthReport()
        report.add("directory", problem: await directoryFault.value?.cause)
        report.add("space", problem: storage.spaceProblem()?.operatorText)
        report.add("log", problem: Self.problem(storage.metrics.logActivity))
        report.add("index", problem: Self.problem(storage.metrics.indexActivity))
        await addQueue(to: &report)
        return report
    }

    private static func problem(_ activity: Activity) -> String? {
        guard let seconds = activity.seconds, seconds > longestTurn else { return nil }
        return "has been writing for \(counted(seconds, "second"))"
    }

    /// Mail that waits for other hosts is no illness; a queue that can't be read is.
    private func addQueue(to report: inout HealthReport) async {
        guard let depth = await depth.value else {
            return report.add("queue", problem: "can't be read")
        }
        let oldest = depth.parts.filter { $0.key != .hold }.values.compactMap(\.oldest).min()
        let recipients = depth.parts.values.reduce(0) { $0 + $1.recipients }
        var detail = counted(recipients, "recipient")
        if let oldest { detail += ", the oldest for \(Column.age(Timestamp.now.since(oldest)))" }
        report.add("queue", problem: nil, otherwise: detail)
    }
}
