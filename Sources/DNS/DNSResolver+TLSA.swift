extension DNSResolver {
    /// Finds the TLSA records of a TCP port, `_25._tcp.mail.example`. That an alias is followed is
    /// right only for the service's own name: see `tlsaBases`.
    package func tlsa(port: UInt16, host: String) async -> TLSALookup {
        guard let host = DomainName.ascii(host) else { return .none(isSecure: false) }
        switch await lookUp("_\(port)._tcp.\(host)", .tlsa) {
        case .records(let records, let isSecure, _):
            return .records(records.compactMap(RecordData.tlsa), isSecure: isSecure)
        case .noRecords(let isSecure), .noSuchName(let isSecure):
            return .none(isSecure: isSecure)
        case .failure(let fault):
            return .failure(fault)
        }
    }

    /// The names under which a host's TLSA records are looked for, in order, the first that has
    /// secure records counting (RFC 7672 sections 2.1.3 and 2.2.2): for a secure alias the
    /// canonical name, then the host's own; for an alias that is itself secure and leads to
    /// insecure addresses the own name only. None when nothing is secure: no DANE.
    package func tlsaBases(
        of host: String, _ addresses: HostAddresses
    ) async -> Result<[String], DNSFault> {
        guard let name = DomainName.ascii(host),
            case .found(_, let isSecure, let canonicalName) = addresses
        else { return .success([]) }
        if isSecure { return .success(canonicalName == name ? [name] : [canonicalName, name]) }
        guard canonicalName != name else { return .success([]) }
        switch await lookUp(name, .cname) {
        case .records(_, let isSecure, _): return .success(isSecure ? [name] : [])
        case .noRecords, .noSuchName: return .success([])
        case .failure(let fault): return .failure(fault)
        }
    }
}
