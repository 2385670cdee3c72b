package import MailModel

/// Why a maildrop can't be opened.
package enum MaildropError: Error {
    /// Another session has it: `[IN-USE]` of RFC 2449 section 8.1.2.
    case locked
    /// Not now: `[SYS/TEMP]` of RFC 3206 section 4.
    case unavailable(MailError)
}
