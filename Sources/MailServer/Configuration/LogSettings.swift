package import Logging

package struct LogSettings: Sendable {
    package var level: Logger.Level

    init(_ section: ConfigurationSection) {
        level =
            section.choice(
                "level",
                [
                    "trace": Logger.Level.trace, "debug": .debug, "info": .info, "notice": .notice,
                    "warning": .warning, "error": .error,
                ]) ?? .info
        section.finish()
    }
}
