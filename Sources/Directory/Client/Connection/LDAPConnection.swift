internal import CLDAP
internal import Glibc

/// One libldap handle: a connection to one server.
///
/// A handle is used by one thread at a time; a connection is handed over, never shared, which is
/// why it may be sent unchecked. It is never used again once it reported a loss: libldap would
/// connect anew by itself, without TLS and as nobody.
final class LDAPConnection: @unchecked Sendable {
    let uri: String
    /// Which of the configured URIs this is.
    let index: Int
    let handle: OpaquePointer

    /// Makes a handle with every option set on itself, whatever `ldap.conf` and the environment
    /// say. Nothing is sent yet.
    init(
        uri: String, index: Int, configuration: DirectoryConnectionConfiguration
    ) throws(DirectoryFault) {
        var handle: OpaquePointer?
        let status = ldap_initialize(&handle, uri)
        guard status == LDAP_SUCCESS, let handle else {
            throw DirectoryFault(.misconfigured, "\(uri): \(LDAPResult.text(status))")
        }
        self.uri = uri
        self.index = index
        self.handle = handle
        try setOptions(configuration)
    }

    deinit {
        ldap_unbind_ext(handle, nil, nil)
    }

    /// -1 before the connection stands.
    var socket: Int32 { martlet_ldap_socket(handle) }

    /// From here on neither reads nor writes block; for a thread that polls.
    func makeNonBlocking() {
        let flags = fcntl(socket, F_GETFL)
        _ = fcntl(socket, F_SETFL, flags | O_NONBLOCK)
    }

    /// The time limit of TCP and TLS, of which libldap takes one value for each.
    func limitConnecting(until deadline: ContinuousClock.Instant) {
        var limit = Self.interval(until: deadline)
        ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &limit)
    }

    /// Waits for the one answer to `message`.
    func result(
        of message: Int32, until deadline: ContinuousClock.Instant, _ step: String
    ) throws(DirectoryFault) -> OpaquePointer {
        var limit = Self.interval(until: deadline)
        var answer: OpaquePointer?
        switch ldap_result(handle, message, Int32(LDAP_MSG_ALL), &limit, &answer) {
        case 0:
            throw DirectoryFault(.timeout, "\(uri): no answer to \(step) in time")
        case -1:
            throw fault(martlet_ldap_result_code(handle), step)
        default:
            guard let answer else { throw DirectoryFault(.connection, "\(uri): empty answer") }
            return answer
        }
    }

    /// An error of libldap's own, with what it knows about it.
    func fault(_ code: Int32, _ step: String) -> DirectoryFault {
        let kind: DirectoryFault.Kind
        switch code {
        case LDAP_SERVER_DOWN, LDAP_CONNECT_ERROR: kind = .connection
        case LDAP_TIMEOUT: kind = .timeout
        case LDAP_FILTER_ERROR, LDAP_PARAM_ERROR, LDAP_NOT_SUPPORTED: kind = .misconfigured
        default: kind = code > 0 ? .refused(code: Int(code)) : .connection
        }
        var diagnostic: UnsafeMutablePointer<CChar>?
        ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic)
        defer { ldap_memfree(diagnostic) }
        let detail = diagnostic.map { String(cString: $0) } ?? ""
        return DirectoryFault(
            kind, "\(uri): \(step): \(LDAPResult.text(code))" + (detail.isEmpty ? "" : " (\(detail))"))
    }

    static func interval(until deadline: ContinuousClock.Instant) -> timeval {
        let (seconds, attoseconds) = (deadline - .now).components
        // Zero would mean a poll to ldap_result, and no limit to LDAP_OPT_NETWORK_TIMEOUT.
        guard seconds > 0 || (seconds == 0 && attoseconds > 1_000_000_000_000_000) else {
            return timeval(tv_sec: 0, tv_usec: 1000)
        }
        return timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
