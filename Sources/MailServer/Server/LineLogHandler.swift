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

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = event.metadata ?? [:]
        if !metadata.isEmpty { all.merge(metadata) { specific, _ in specific } }
        if let provided = metadataProvider?.get() { all.merge(provided) { specific, _ in specific } }
        if let error = event.error { all["error"] = "\(error)" }
        output.append(LogLine(event.level, event.message.description, all).bytes, at: event.level)
        if event.level >= .error { output.flush() }
    }
}
