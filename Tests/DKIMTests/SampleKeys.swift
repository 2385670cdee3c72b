import DKIM
import MailModel

enum SampleKeys {
    /// The private key of RFC 8463 appendix A.1 as PKCS#8: the 32 octets behind RFC 8410's prefix.
    static let rfc8463: [UInt8] = {
        let prefix: [UInt8] = [
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ]
        let secret = Base64.decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=".utf8) ?? []
        return Array(
            "-----BEGIN PRIVATE KEY-----\n\(Base64.encode(prefix + secret))\n-----END PRIVATE KEY-----\n"
                .utf8)
    }()

    static let rsa = Result { try DKIMKey.generate(.rsa, selector: "s2026") }
    static let ed25519 = Result { try DKIMKey(pem: rfc8463, selector: "brisbane") }

    /// Both, for double signatures.
    static func pair() throws -> [DKIMKey] { [try rsa.get(), try ed25519.get()] }
}
