/// Why mail was refused: what the client is told, and what only the log is told.
package struct MailError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The SMTP reply code, 4xx or 5xx (RFC 5321 section 4.2).
    package var code: UInt16
    package var status: EnhancedStatusCode
    /// One line of printable ASCII for the client; says nothing of the directory or the disk.
    package var text: String
    /// For the log: the entry, the search, the system's error. Never sent to a client.
    package var cause: String?
    /// The host whose reply this is; nil when it is our own (RFC 3464 section 2.3.5, Remote-MTA).
    package var reportedBy: String?

    package init(
        _ code: UInt16, _ status: EnhancedStatusCode, _ text: String, cause: String? = nil,
        reportedBy: String? = nil
    ) {
        self.reportedBy = reportedBy
        self.code = code
        self.status = status
        self.text = text
        self.cause = cause
    }

    package var isTemporary: Bool { status.statusClass == 4 }

    package var description: String {
        "\(code) \(status) \(text)" + (cause.map { " (\($0))" } ?? "")
    }

    /// The directory did not answer, or not clearly (RFC 3463 X.4.3: directory server failure).
    package static func directoryUnavailable(_ cause: String) -> MailError {
        MailError(451, .init(4, 4, 3), "Temporary directory failure, try again later", cause: cause)
    }

    /// Our own fault; the client may try again.
    package static func localProblem(_ cause: String) -> MailError {
        MailError(451, .init(4, 3, 0), "Local problem, try again later", cause: cause)
    }

    /// RFC 5321 section 4.2.3: 452, insufficient system storage.
    package static func storageFull(_ cause: String) -> MailError {
        MailError(452, .init(4, 3, 1), "Insufficient system storage", cause: cause)
    }
}
