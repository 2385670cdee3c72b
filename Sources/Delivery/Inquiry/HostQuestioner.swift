internal import MailModel
internal import SMTP
internal import Transport

/// Asks one host, at one of its addresses after the other, over a session that is there or a new one.
struct HostQuestioner: Sendable {
    /// Addresses of one host that are tried.
    private static let maximumAddresses = 4

    let configuration: InquiryConfiguration
    let connector: Connector
    let context: TLSClientContext
    let finder: HostFinder
    let failures: HostFailures
    let pool: SessionPool<HostAddress, InquirySession>

    /// - Returns: `undecided` too when the host can't be reached, or dies before it has answered.
    func ask(_ hop: NextHop, _ address: EmailAddress) async -> HostKnowledge {
        switch await finder.hosts(.hops([hop])) {
        // The host is this server, which has looked.
        case .failure(let error) where !error.isTemporary: return .doesNotKnow("\(error)")
        case .failure(let error): return .undecided("\(error)")
        case .success(let hosts):
            var last = HostKnowledge.undecided("\(hop) has no address")
            for host in hosts {
                for place in host.addresses.prefix(Self.maximumAddresses) {
                    last = await ask(
                        host, HostAddress(address: place, port: host.port), hop.flavour, address)
                    if case .undecided = last, !Task.isCancelled { continue }
                    return last
                }
            }
            return last
        }
    }

    private func ask(
        _ host: MailHost, _ place: HostAddress, _ flavour: NextHop.Flavour, _ address: EmailAddress
    ) async -> HostKnowledge {
        // One that was kept may have been closed meanwhile: nobody is to blame.
        while let session = pool.take(place) {
            if case .success(let knowledge) = await ask(session, place, address) { return knowledge }
            if Task.isCancelled { return .undecided("cancelled") }
        }
        if let error = failures.error(for: place) { return .undecided("\(error)") }
        switch await open(host, place, flavour) {
        case .failure(let error): return failed(place, error)
        case .success(let session):
            switch await ask(session, place, address) {
            case .success(let knowledge):
                _ = failures.answered(place)
                return knowledge
            case .failure(let failure): return failed(place, failure.error(with: host.name))
            }
        }
    }

    private func ask(
        _ session: InquirySession, _ place: HostAddress, _ address: EmailAddress
    ) async -> Result<HostKnowledge, SMTPClientFailure> {
        let answer = await session.run { await session.ask(address) }
        if case .success = answer {
            await pool.put(session, place)
        } else {
            await session.quit()
        }
        return answer
    }

    private func open(
        _ host: MailHost, _ place: HostAddress, _ flavour: NextHop.Flavour
    ) async -> Result<InquirySession, MailError> {
        var client = SMTPClientConfiguration(
            hostname: configuration.hostName, flavour: flavour == .lmtp ? .lmtp : .smtp)
        while true {
            let session: InquirySession
            do throws(ConnectionError) {
                let connection = try await connector.connect(
                    to: .address(place.address, port: place.port),
                    from: finder.configuration.source(for: place.address),
                    timeout: configuration.connectTimeout)
                session = InquirySession(
                    connection, to: host, configuration: client, context: context)
            } catch {
                return .failure(.unanswered("\(host.name) [\(place)]: \(error.reason)"))
            }
            guard let failure = await session.run({ await session.open() }) else {
                return .success(session)
            }
            await session.quit()
            // TLS that does not work is worth no more than none, where none would do (RFC 7435).
            guard case .tlsFailed = failure, client.tls == .opportunistic, !Task.isCancelled else {
                return .failure(failure.error(with: host.name))
            }
            client.tls = .never
        }
    }

    /// Nobody waited for the end of what was cancelled: that is no failure of the host.
    private func failed(_ place: HostAddress, _ error: MailError) -> HostKnowledge {
        if !Task.isCancelled { failures.failed(place, error) }
        return .undecided("\(error)")
    }
}
