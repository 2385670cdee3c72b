/// A certificate authority of a test's own, made by the openssl command.
package struct CertificateAuthority: Sendable {
    /// The authority's certificate, PEM.
    package let certificate: String
    private let key: String
    private let directory: String

    /// Makes its files in `directory`.
    package init(in directory: String, name: String = "authority") throws {
        self.directory = directory
        certificate = "\(directory)/\(name).pem"
        key = "\(directory)/\(name).key"
        try ChildProcess.run(
            Self.request + ["-subj", "/CN=Martlet test \(name)", "-keyout", key, "-out", certificate],
            in: directory)
    }

    /// A server's certificate and key for these alternative names (`DNS:…`, `IP:…`).
    package func issue(
        _ name: String, alternativeNames: [String] = ["IP:127.0.0.1", "DNS:localhost"]
    ) throws -> (certificate: String, key: String) {
        let files = (certificate: "\(directory)/\(name).pem", key: "\(directory)/\(name).key")
        try ChildProcess.run(
            Self.request + [
                "-CA", certificate, "-CAkey", key, "-subj", "/CN=\(name)",
                "-addext", "subjectAltName=" + alternativeNames.joined(separator: ","),
                "-addext", "basicConstraints=critical,CA:FALSE",
                "-keyout", files.key, "-out", files.certificate,
            ], in: directory)
        return files
    }

    private static let request = [
        "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
    ]
}
