internal import Logging

/// Log events as lines of `LogOutput`. An error, or worse, is written before the call returns: the
/// process may end right after it.
struct LineLogHandler: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let output: LogOutput

    init(_ output: LogOutput) {
        self.output = output
    }

    /// Whether a line says all that an event of this handler's must.
    var takesLines: Bool { metadata.isEmpty && metadataProvider == nil }

    func write(_ line: consuming LogLine, at level: Logger.Level) {
        output.append(line.finished(), at: level)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = event.metadata ?? [:]
        if !metadata.isEmpty { all.merge(metadata) { specific, _ in specific } }
        if let provided = metadataProvider?.get() { all.merge(provided) { specific, _ in specific } }
        if let error = event.error { all["error"] = "\(error)" }
        write(LogLine(event.level, event.message.description, all), at: event.level)
        if event.level >= .error { output.flush() }
    }
}
