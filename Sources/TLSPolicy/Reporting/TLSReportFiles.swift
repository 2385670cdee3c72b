internal import Glibc
internal import Logging

/// What was counted, in a file a day. Every call blocks.
struct TLSReportFiles: Sendable {
    /// Octets of a day; what comes after is dropped.
    private static let sizeLimit = 64 << 20
    private static let suffix = ".jsonl"

    let directory: String
    let logger: Logger

    func append(_ tallies: [TLSReportPolicy: TLSTally], on day: UTCDay) {
        do throws(LineFileError) {
            try LineFile.createDirectory(directory)
            let lines = tallies.flatMap { TallyLine($0.key, $0.value).bytes() }
            if try !file(day).append(lines, limit: Self.sizeLimit) {
                logger.warning("The data for TLS reports of a day is too much", metadata: ["day": "\(day)"])
            }
        } catch {
            logger.warning("Can't write the data for TLS reports", metadata: ["cause": "\(error)"])
        }
    }

    func read(_ day: UTCDay, domain: String) -> [TLSReportPolicy: TLSTally] {
        var tallies: [TLSReportPolicy: TLSTally] = [:]
        do throws(LineFileError) {
            try file(day).forEachLine { line in
                guard let line = TallyLine(line), line.policy.domain == domain else { return }
                tallies[line.policy, default: TLSTally()].add(line.tally)
            }
        } catch {
            logger.warning("Can't read the data for TLS reports", metadata: ["cause": "\(error)"])
        }
        return tallies
    }

    /// Removes what is older than this day.
    func remove(before day: UTCDay) {
        guard let stream = opendir(directory) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasSuffix(Self.suffix), let named = UTCDay(String(name.dropLast(Self.suffix.count))),
                named < day
            else { continue }
            unlink("\(directory)/\(name)")
        }
    }

    private func file(_ day: UTCDay) -> LineFile { LineFile(path: "\(directory)/\(day)\(Self.suffix)") }
}
