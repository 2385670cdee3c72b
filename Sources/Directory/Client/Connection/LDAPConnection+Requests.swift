internal import CLDAP
internal import Glibc

/// Sending and receiving without waiting, for the request loop.
extension LDAPConnection {
    enum Sent {
        case sent(id: Int32)
        /// The request itself is wrong; the connection is not.
        case unsendable(DirectoryFault)
        /// An earlier request is not written whole yet; nothing of this one was.
        case blocked
        case lost(DirectoryFault)
    }

    enum Received {
        case nothing
        /// To be freed by whoever reads it.
        case message(OpaquePointer)
        case lost(DirectoryFault)
    }

    func send(_ request: DirectoryRequest) -> Sent {
        var id: Int32 = 0
        let status: Int32
        switch request.operation {
        case .search(let search, _):
            let texts = [search.base, search.filter.text] + search.attributes
            guard !texts.contains(where: { $0.utf8.contains(0) }) else {
                return .unsendable(DirectoryFault(.misconfigured, "NUL in a search"))
            }
            status = send(search, until: request.deadline, id: &id)
        case .change(let change, _):
            guard !change.containsNUL else {
                return .unsendable(DirectoryFault(.misconfigured, "NUL in a name"))
            }
            status = change.send(on: handle, id: &id)
        }
        switch status {
        case LDAP_SUCCESS:
            request.sentAt = .now
            request.messageID = id
            return .sent(id: id)
        case LDAP_BUSY:
            return .blocked
        case LDAP_SERVER_DOWN, LDAP_CONNECT_ERROR:
            return .lost(fault(status, "send"))
        default:
            return .unsendable(fault(status, "send"))
        }
    }

    private func send(
        _ search: SearchRequest, until deadline: ContinuousClock.Instant, id: inout Int32
    ) -> Int32 {
        let scope: ber_int_t =
            switch search.scope {
            case .base: ber_int_t(LDAP_SCOPE_BASE)
            case .one: ber_int_t(LDAP_SCOPE_ONELEVEL)
            case .subtree: ber_int_t(LDAP_SCOPE_SUBTREE)
            }
        // The server's own limit, in seconds, so that it doesn't work on what nobody waits for.
        var limit = Self.interval(until: deadline)
        limit.tv_sec += 1
        let names = search.attributes.isEmpty ? [LDAP_NO_ATTRS] : search.attributes
        var attributes: [UnsafeMutablePointer<CChar>?] = names.map { strdup($0) } + [nil]
        defer { attributes.forEach { free($0) } }
        return ldap_search_ext(
            handle, search.base, scope, search.filter.text, &attributes, 0, nil, nil, &limit,
            Int32(clamping: search.sizeLimit), &id)
    }

    func receive() -> Received {
        var immediately = timeval(tv_sec: 0, tv_usec: 0)
        var message: OpaquePointer?
        let kind = ldap_result(handle, LDAP_RES_ANY, Int32(LDAP_MSG_ONE), &immediately, &message)
        switch kind {
        case 0:
            return .nothing
        case -1:
            return .lost(fault(martlet_ldap_result_code(handle), "receive"))
        default:
            guard let message else { return .nothing }
            // RFC 4511 section 4.4: message id 0 is the server's own notice, of which there is but
            // one, that it disconnects.
            if ldap_msgid(message) == 0 {
                let notice = LDAPResult(consuming: message, on: handle)
                return .lost(DirectoryFault(.connection, "\(uri): disconnects: \(notice)"))
            }
            return .message(message)
        }
    }

    /// Whether the socket takes more. When it doesn't, a part of a request may be left in libldap.
    var isWritable: Bool {
        var watched = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        return poll(&watched, 1, 0) == 1
    }
}
