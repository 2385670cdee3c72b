import Foundation

/// A certificate authority and what it issued, made with the openssl command in a directory that
/// goes away with this object.
final class Certificates: Sendable {
    let directory: String

    init() async throws {
        directory = NSTemporaryDirectory() + "transport-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try await openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", path("ca.key"), "-out", path("ca.pem"), "-days", "30", "-subj", "/CN=Test CA",
        ])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    func path(_ file: String) -> String { "\(directory)/\(file)" }

    private func openssl(_ arguments: [String]) async throws {
        _ = try await run("openssl", arguments)
    }

    /// Issues `name.pem` with `name.key`. `alternativeNames` as in openssl's subjectAltName.
    func issue(
        _ name: String, subject: String, alternativeNames: String, days: Int = 30,
        key: [String] = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    ) async throws {
        try await openssl(
            ["req", "-newkey"] + key + [
                "-nodes", "-keyout", path("\(name).key"), "-out", path("\(name).csr"),
                "-subj", subject,
            ])
        try "subjectAltName=\(alternativeNames)\n".write(
            toFile: path("\(name).ext"), atomically: true, encoding: .utf8)
        try await openssl([
            "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey",
            path("ca.key"), "-CAcreateserial", "-days", "\(days)", "-out", path("\(name).pem"),
            "-extfile", path("\(name).ext"),
        ])
    }

    /// The SHA-256 of a certificate, in hexadecimal.
    func digest(_ name: String) async throws -> String {
        let text = try await run(
            "openssl", ["x509", "-in", path("\(name).pem"), "-noout", "-fingerprint", "-sha256"])
        return text.split(separator: "=")[1].replacing(":", with: "").lowercased()
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
