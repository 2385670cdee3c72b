import MailModel
import COpenSSL

@testable import Authentication

/// SCRAM's client side after RFC 5802, written apart from libsasl2 so that it can also do what no
/// honest client does.
struct ScramClient {
    var hash = ScramHash.sha256
    var login = "alice"
    var password = Fixture.password
    var flag = "n"
    var authorizationID = ""
    var binding: [UInt8] = []
    var nonce = "fyko+d2lbbFgONRv9qkxdawL"

    var gs2Header: String {
        "\(flag),\(authorizationID.isEmpty ? "" : "a=\(Self.escape(authorizationID))"),"
    }
    var firstBare: String { "n=\(Self.escape(login)),r=\(nonce)" }
    var first: String { gs2Header + firstBare }

    /// The final message and the server's expected answer.
    func final(_ serverFirst: String) -> (message: String, expected: String)? {
        var fields: [Character: String] = [:]
        for field in serverFirst.split(separator: ",") {
            fields[field.first!] = String(field.dropFirst(2))
        }
        guard let nonce = fields["r"], nonce.hasPrefix(self.nonce), nonce != self.nonce,
            let salt = fields["s"].flatMap({ Base64.decode($0.utf8) }),
            let iterations = fields["i"].flatMap({ Int($0) })
        else { return nil }
        let salted = Self.salted(hash, password, salt, iterations)
        let clientKey = Self.hmac(hash, salted, "Client Key")
        let withoutProof = "c=\(Base64.encode(Array(gs2Header.utf8) + binding)),r=\(nonce)"
        let message = "\(firstBare),\(serverFirst),\(withoutProof)"
        let signature = Self.hmac(hash, Self.digest(hash, clientKey), message)
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        let server = Self.hmac(hash, Self.hmac(hash, salted, "Server Key"), message)
        return ("\(withoutProof),p=\(Base64.encode(proof))", "v=\(Base64.encode(server))")
    }

    /// Runs the exchange; a success must carry the server's right signature.
    func run(
        _ mechanism: String, on fixture: Fixture, _ context: ClientContext = Fixture.encrypted()
    ) async -> AuthenticationOutcome? {
        guard let exchange = fixture.service.begin(mechanism, context) else { return nil }
        switch await exchange.step(Array(first.utf8)) {
        case .done(let outcome, _): return outcome
        case .challenge(let challenge):
            guard let (message, expected) = final(String(decoding: challenge, as: UTF8.self)),
                case .done(let outcome, let serverFinal) = await exchange.step(Array(message.utf8))
            else { return nil }
            if case .success = outcome, serverFinal != Array(expected.utf8) { return nil }
            if case .failure = outcome, serverFinal != nil { return nil }
            return outcome
        }
    }

    // MARK: Keys

    static func authPassword(
        _ hash: ScramHash, password: String, salt: [UInt8], iterations: Int
    ) -> String {
        let salted = salted(hash, password, salt, iterations)
        return ScramSecret(
            hash: hash, iterations: iterations, salt: salt,
            storedKey: digest(hash, hmac(hash, salted, "Client Key")),
            serverKey: hmac(hash, salted, "Server Key")
        ).authPassword
    }

    private static func escape(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1 == "," ? "=2C" : $1 == "=" ? "=3D" : String($1) }
    }

    private static func function(_ hash: ScramHash) -> OpaquePointer? {
        switch hash {
        case .sha512: EVP_sha512()
        case .sha256: EVP_sha256()
        case .sha1: EVP_sha1()
        }
    }

    private static func salted(
        _ hash: ScramHash, _ password: String, _ salt: [UInt8], _ iterations: Int
    ) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: hash.length)
        PKCS5_PBKDF2_HMAC(
            password, Int32(password.utf8.count), salt, Int32(salt.count), Int32(iterations),
            function(hash), Int32(key.count), &key)
        return key
    }

    private static func hmac(_ hash: ScramHash, _ key: [UInt8], _ message: String) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: hash.length)
        let bytes = Array(message.utf8)
        HMAC(function(hash), key, Int32(key.count), bytes, bytes.count, &output, nil)
        return output
    }

    private static func digest(_ hash: ScramHash, _ bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: hash.length)
        EVP_Digest(bytes, bytes.count, &output, nil, function(hash), nil)
        return output
    }
}
