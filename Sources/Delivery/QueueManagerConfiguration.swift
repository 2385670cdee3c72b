package import MailModel
package import Spool

/// How the queue manager decides.
package struct QueueManagerConfiguration: Sendable {
    package var retry = RetryPolicy()
    /// The sender is told of a delay once, this long after arrival: one attempt is made then. Nil: never.
    package var delayWarning: Duration? = .seconds(4 * 3600)
    /// A mailbox recipient that has waited so long is looked up again before it is delivered.
    package var reviewAfter: Duration = .seconds(600)
    package var reports: ReportConfiguration
    /// A number from -1 to 1 that varies a wait.
    package var variation: @Sendable () -> Double = { .random(in: -1...1) }

    package init(reports: ReportConfiguration) { self.reports = reports }
}

/// How reports look and where those go that nobody can be sent.
package struct ReportConfiguration: Sendable {
    /// What becomes of a failed message that has no sender, such as a report itself.
    package enum DoubleBounce: Sendable, Equatable {
        /// A line in the log, which every failure has anyway.
        case log
        case postmaster(EmailAddress)
    }

    /// This host's name, in ASCII.
    package var hostName: String
    /// From of the reports.
    package var from: EmailAddress
    package var doubleBounce = DoubleBounce.log
    /// A larger message is not returned whole, only its header.
    package var maximumReturnedSize = 64 * 1024
    /// More recipients are reported in several reports.
    package var maximumRecipients = 1000

    package init(hostName: String) {
        self.hostName = hostName
        from = EmailAddress(localPart: "MAILER-DAEMON", domain: hostName)
    }
}
