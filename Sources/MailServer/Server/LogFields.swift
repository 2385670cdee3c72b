internal import Logging
internal import MailModel

/// The fields of an event that every message has: written into the line as they are named, without a
/// dictionary in between, where the log is our own.
struct LogFields {
    private var line: LogLine?
    /// For other logs.
    private var metadata: Logger.Metadata = [:]

    fileprivate init(_ line: LogLine?) { self.line = line }

    /// - Parameter key: after those named before, in alphabetical order.
    mutating func add(_ key: String, _ value: String) {
        if line?.add(key, value) == nil { metadata[key] = .string(value) }
    }

    /// In angle brackets.
    mutating func add(_ key: String, _ path: ReversePath) {
        if line?.add(key, path) == nil { metadata[key] = "<\(path.description.printable)>" }
    }

    fileprivate consuming func write(_ message: String, to logger: Logger, _ own: LineLogHandler?) {
        if let line, let own {
            own.write(line, at: .info)
        } else {
            logger.info("\(message)", metadata: metadata)
        }
    }
}

extension Logger {
    /// An event at `info`, its fields named by `name`.
    func event(_ message: String, _ name: (inout LogFields) -> Void) {
        guard logLevel <= .info else { return }
        let own = (handler as? LineLogHandler).flatMap { $0.takesLines ? $0 : nil }
        var fields = LogFields(own == nil ? nil : LogLine(.info, message))
        name(&fields)
        fields.write(message, to: self, own)
    }
}
