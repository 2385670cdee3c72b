package import InternetMessage
package import MailModel
package import NIOCore

/// Signs one message with one or several keys (RFC 6376, RFC 8463): rsa-sha256 and ed25519-sha256,
/// relaxed/relaxed. The body is hashed once, as it goes by.
///
/// Signatures cover the octets that the next host gets: hand in what is sent, with CRLF line ends, and
/// without the dots that SMTP adds. Not to be used by two tasks at once. An RSA signature
/// takes a core half a millisecond in `finish`.
///
///     let signing = try DKIMSigning(keys: keys, domain: "example.org", header: header, now: .now)
///     for chunk in body { signing.update(chunk) }
///     let fields = try signing.finish()       // goes before the message's first field
package final class DKIMSigning {
    private let keys: [DKIMKey]
    private let domain: String
    private let now: Timestamp
    private let fields: SignedFields
    private var body = RelaxedBody()

    /// - Parameters:
    ///   - keys: at least one; the first one's field will stand first.
    ///   - domain: `d=`, an ASCII name. Receivers compare it with From's (RFC 7489 section 3.1).
    ///   - header: the message's header section.
    package init(
        keys: [DKIMKey], domain: String, header: HeaderSection, now: Timestamp
    ) throws(DKIMError) {
        guard DNSName.isValid(domain), domain.utf8.contains(UInt8(ascii: ".")) else {
            throw .badName(domain)
        }
        self.keys = keys
        self.domain = domain.lowercased()
        self.now = now
        fields = try SignedFields(header)
    }

    /// The next octets behind the header's empty line.
    package func update(_ chunk: ByteBuffer) {
        chunk.withUnsafeReadableBytes { body.update($0) }
    }

    /// The DKIM-Signature fields, each with its CRLF. To be called once, after the last `update`.
    package func finish() throws(DKIMError) -> ByteBuffer {
        let bodyHash = body.finish()
        var result = ByteBuffer()
        for key in keys {
            let field = SignatureField(
                key: key, domain: domain, timestamp: now, names: fields.names, bodyHash: bodyHash)
            var signedOctets = fields.canonical
            field.appendCanonical(to: &signedOctets)
            result.writeBytes(field.signed(try key.sign(digest: BodyHash.digest(of: signedOctets))))
        }
        return result
    }
}
