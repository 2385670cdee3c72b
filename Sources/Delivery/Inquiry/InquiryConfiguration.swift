/// How hosts are asked for addresses.
package struct InquiryConfiguration: Sendable {
    /// Our name in EHLO.
    package var hostName: String
    /// For a whole question: an SMTP client waits for the answer to RCPT.
    package var deadline = Duration.seconds(10)
    /// When a host has not answered for so long, the next one is asked as well.
    package var patience = Duration.seconds(2)
    package var connectTimeout = Duration.seconds(5)
    /// How long a host that has an address is remembered.
    package var positiveLifetime = Duration.seconds(600)
    /// How long it is remembered that nobody has an address.
    package var negativeLifetime = Duration.seconds(60)
    /// How long a host that could not be reached is left alone.
    package var failureLifetime = Duration.seconds(15)
    /// How long a session without questions is kept.
    package var idleLifetime = Duration.seconds(5)
    /// Answers that are remembered.
    package var capacity = 100_000

    package init(hostName: String) { self.hostName = hostName }
}
