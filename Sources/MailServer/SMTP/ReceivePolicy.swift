import Delivery
import Directory
import MailModel
import SMTP

/// Which recipients are accepted, and where they lead.
struct ReceivePolicy {
    let directory: any MailDirectory
    let hosts: (any HostAsking)?
    let hostname: String

    static let relayDenied = MailError(550, .init(5, 7, 1), "Relaying denied")

    /// - Parameters:
    ///   - mayRelay: the client may send to other hosts.
    ///   - client: its address; nil for a user.
    func routes(
        of address: EmailAddress, mayRelay: Bool, for client: String?
    ) async throws(MailError) -> [RoutedAddress] {
        switch await directory.resolve(address) {
        case .deliver(let addresses):
            // The host that has the domain might relay it.
            guard mayRelay || !address.isSourceRouted
                || !addresses.contains(where: { $0.route == .remote(.domain) })
            else { throw Self.relayDenied }
            return addresses
        case .askHosts(let address, let hosts):
            guard mayRelay || !address.isSourceRouted else { throw Self.relayDenied }
            let host = try await host(of: address, among: hosts, for: client)
            return [RoutedAddress(address: address, route: .remote(.host(host)))]
        case .notLocal:
            guard mayRelay else { throw Self.relayDenied }
            return [RoutedAddress(address: address, route: .remote(.foreign))]
        case .rejected(let error):
            throw address.isSourceRouted && !error.isTemporary ? Self.relayDenied : error
        }
    }

    /// Only when all hosts have said no is the address unknown.
    private func host(
        of address: EmailAddress, among candidates: [NextHop], for client: String?
    ) async throws(MailError) -> NextHop {
        switch await hosts?.ask(address, candidates, for: client) {
        case .knows(let host): return host
        case .nobody: throw .unknown(to: candidates)
        case .unavailable(let cause): throw .unanswered(cause)
        case nil: throw .unanswered("nobody asks other hosts")
        }
    }

    /// `<Postmaster>` is in the domain of this host's name, or in the one above it
    /// (RFC 5321 section 4.5.1).
    func address(of path: ForwardPath) async -> EmailAddress {
        switch path {
        case .address(let address): return address
        case .postmaster:
            let here = EmailAddress(localPart: "postmaster", domain: hostname)
            guard case .notLocal = await directory.resolve(here),
                let dot = hostname.firstIndex(of: ".")
            else { return here }
            return EmailAddress(
                localPart: "postmaster", domain: String(hostname[hostname.index(after: dot)...]))
        }
    }
}

extension EmailAddress {
    /// `user%elsewhere@here`, `"user@elsewhere"@here`, `elsewhere!user@here`: nobody has such a
    /// name, so somebody is looking for a relay.
    fileprivate var isSourceRouted: Bool {
        localPart.utf8.contains {
            $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "!")
        }
    }
}
