package import Logging

extension Logger {
    /// For commands, which tell themselves what is wrong.
    package static let quiet: Logger = ServerLog.logger(level: .critical)
}

/// The log goes to standard error, one line an event; the service manager keeps it.
enum ServerLog {
    static func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "martlet", factory: { _ in LineLogHandler(.standardError) })
        logger.logLevel = level
        return logger
    }
}
