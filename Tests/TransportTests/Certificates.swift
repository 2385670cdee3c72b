import Foundation

@testable import Transport

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

    /// Puts certificates into one file, `name.pem`, in this order.
    func bundle(_ names: String..., as name: String) throws {
        let text = try names.map { try String(contentsOfFile: path("\($0).pem"), encoding: .utf8) }
        try text.joined().write(toFile: path("\(name).pem"), atomically: true, encoding: .utf8)
    }

    /// A certificate or its public key (RFC 6698 selectors 0 and 1), as DER.
    func der(_ name: String, selector: UInt8) async throws -> [UInt8] {
        let file = path("\(name)-\(UUID().uuidString).der")
        try await openssl(["x509", "-in", path("\(name).pem"), "-outform", "der", "-out", file])
        if selector == 1 {
            let key = try await run(
                "openssl", ["x509", "-in", path("\(name).pem"), "-noout", "-pubkey"])
            _ = try await run(
                "openssl", ["pkey", "-pubin", "-outform", "der", "-out", file], input: key)
        }
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
    }

    /// A TLSA record that matches.
    func record(
        _ name: String, usage: UInt8, selector: UInt8, matchingType: UInt8
    ) async throws -> TLSARecordData {
        var data = try await der(name, selector: selector)
        if matchingType > 0 {
            let file = path("\(UUID().uuidString).bin")
            try Data(data).write(to: URL(fileURLWithPath: file))
            let digest = file + ".digest"
            try await openssl(
                ["dgst", matchingType == 1 ? "-sha256" : "-sha512", "-binary", "-out", digest, file])
            data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: digest)))
        }
        return TLSARecordData(
            usage: usage, selector: selector, matchingType: matchingType, data: data)
    }

    /// The SHA-256 of a certificate, in hexadecimal.
    func digest(_ name: String) async throws -> String {
        let text = try await run(
            "openssl", ["x509", "-in", path("\(name).pem"), "-noout", "-fingerprint", "-sha256"])
        return text.split(separator: "=")[1].replacing(":", with: "").lowercased()
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
