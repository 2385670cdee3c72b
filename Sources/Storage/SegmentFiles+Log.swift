import Glibc

/// What stands in the log from a place on.
struct LogExcerpt {
    /// Where it begins, and where it ends; nil: at the log's end.
    var start: LogPosition
    var end: LogPosition?

    func contains(_ segment: UInt64) -> Bool {
        segment >= start.segment && segment <= end?.segment ?? .max
    }
}

extension SegmentFiles {
    /// Tells `body` of each record that is there, and where it ends. What has been removed meanwhile
    /// is passed over.
    /// - Returns: segments that could not be read because their headers are damaged.
    func read(
        _ excerpt: LogExcerpt, _ body: (LoggedChange, _ end: LogPosition) throws -> Void
    ) throws -> [UInt64] {
        let present = try ifPresent { () throws(FileSystemError) in try names() } ?? []
        let segments = present.compactMap { name in
            if case .segment(let number) = name, excerpt.contains(number) { number } else { nil }
        }
        var damaged: [UInt64] = []
        for number in segments.sorted() {
            let found = try ifPresent { () throws(FileSystemError) in try file(.segment(number)) }
            guard let file = found else { continue }
            guard let header = try SegmentHeader.read(file, number: number) else {
                if try file.size() > SegmentHeader.length { damaged.append(number) }
                continue
            }
            let isFirst = number == excerpt.start.segment
            var scanner = try SegmentScanner(
                file, header, from: isFirst ? excerpt.start.offset : 0)
            while let (change, end) = try scanner.nextChange() {
                if let last = excerpt.end, end > last { break }
                try body(change, end)
            }
        }
        return damaged
    }

    private func ifPresent<Value>(
        _ body: () throws(FileSystemError) -> Value
    ) throws(FileSystemError) -> Value? {
        do throws(FileSystemError) {
            return try body()
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
    }
}
