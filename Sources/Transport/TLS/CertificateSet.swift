import COpenSSL

/// The certificates of a server at one moment. A reload makes a new set; connections keep theirs.
final class CertificateSet: Sendable {
    let certificates: [ServerCertificate]
    let files: [PEMFile]
    private let exact: [String: Int]
    /// By what follows the `*.`.
    private let wildcard: [String: Int]

    var standard: ServerCertificate { certificates[0] }
    var warnings: [String] { certificates.compactMap(\.warning) }

    init(
        _ configuration: TLSConfiguration, ticketKeys: [UInt8]
    ) throws(TLSConfigurationError) {
        guard !configuration.certificates.isEmpty else {
            throw TLSConfigurationError(file: "", problem: "no certificate is configured")
        }
        var files: [PEMFile] = []
        var authorities: PEMFile?
        if case .optional(let caFile) = configuration.clientCertificates {
            let file = try PEMFile(caFile)
            files.append(file)
            authorities = file
        }
        let settings = ContextSettings(
            minimumVersion: configuration.minimumVersion, ticketKeys: ticketKeys,
            clientAuthorities: authorities)
        var certificates: [ServerCertificate] = []
        for pair in configuration.certificates {
            let chain = try PEMFile(pair.chain)
            let key = try PEMFile(pair.key)
            files += [chain, key]
            certificates.append(
                try ServerCertificate(chain: chain, key: key, settings: settings))
        }
        var exact: [String: Int] = [:]
        var wildcard: [String: Int] = [:]
        for (index, certificate) in certificates.enumerated() {
            for name in certificate.names {
                if name.hasPrefix("*.") {
                    wildcard[String(name.dropFirst(2))] = wildcard[String(name.dropFirst(2))] ?? index
                } else {
                    exact[name] = exact[name] ?? index
                }
            }
        }
        self.files = files
        self.certificates = certificates
        self.exact = exact
        self.wildcard = wildcard
    }

    /// The certificate for a server name, or nil: the default is used. A wildcard stands for
    /// exactly one label (RFC 6125 section 6.4.3).
    func certificate(for serverName: String) -> ServerCertificate? {
        var name = serverName.lowercased()
        if name.hasSuffix(".") {
            name.removeLast()
        }
        if let index = exact[name] { return certificates[index] }
        guard let dot = name.firstIndex(of: ".") else { return nil }
        return wildcard[String(name[name.index(after: dot)...])].map { certificates[$0] }
    }

    /// The certificate whose SSL_CTX a connection uses.
    func certificate(in context: OpaquePointer?) -> ServerCertificate? {
        certificates.first { $0.context == context }
    }
}
