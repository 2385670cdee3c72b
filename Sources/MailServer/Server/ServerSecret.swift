internal import struct Foundation.Data
internal import class Foundation.FileManager
internal import struct Foundation.URL

/// A random key that the state directory keeps, so that a restart changes nothing a client could see:
/// it makes up the salts of logins without SCRAM secrets.
enum ServerSecret {
    private static let length = 32

    /// Reads the key, made (readable by the server's user alone) when it is not there.
    static func load(_ path: String) throws(ServerStartError) -> [UInt8] {
        do {
            if FileManager.default.fileExists(atPath: path) {
                let key = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
                if key.count == length { return key }
            }
            var generator = SystemRandomNumberGenerator()
            let key = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            try Data(key).write(to: URL(fileURLWithPath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            return key
        } catch {
            throw ServerStartError("cannot keep a key in \(path): \(error.localizedDescription)")
        }
    }
}
