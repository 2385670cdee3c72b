/// What came of setting a quota.
package enum QuotaChange: Sendable {
    case done
    /// The directory has no place for it, or doesn't let the server write; the text is for the log.
    case refused(String)
    case unavailable(DirectoryFault)
}
