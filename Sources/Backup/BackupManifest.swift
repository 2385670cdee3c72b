internal import struct Foundation.Data
internal import struct Foundation.Date
internal import class Foundation.JSONDecoder
internal import class Foundation.JSONEncoder
internal import struct Foundation.URL

/// What a backup consists of. It is the last thing that is written: a backup without it is not whole.
package struct BackupManifest: Codable, Sendable {
    package struct File: Codable, Sendable, Hashable {
        /// In the backup, and in the state directory.
        package var name: String
        package var size: Int64
        /// Nanoseconds since 1970, of the file in the state directory.
        package var modified: Int64
        /// In hexadecimal digits.
        package var sha256: String
    }

    static let fileName = "manifest.json"
    private static let currentFormat = 1

    package var format = Self.currentFormat
    /// RFC 3339, UTC.
    package var created: String
    package var host: String
    /// Of the server's program.
    package var version: String
    package var files: [File]

    init(host: String, version: String, at time: Date = Date()) {
        created = time.ISO8601Format()
        self.host = host
        self.version = version
        files = []
    }

    package var size: Int64 { files.reduce(0) { $0 + $1.size } }

    var encoded: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(self)) + [0x0a]
        }
    }

    /// Reads the manifest of a backup's directory.
    package static func load(from directory: String) throws(BackupError) -> BackupManifest {
        let path = directory + "/" + fileName
        let manifest: BackupManifest
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            manifest = try JSONDecoder().decode(BackupManifest.self, from: data)
        } catch {
            throw BackupError("\(path) can't be read, so this is no whole backup: \(error.localizedDescription)")
        }
        guard manifest.format == currentFormat else {
            throw BackupError("\(path) has format \(manifest.format), not \(currentFormat)")
        }
        if let file = manifest.files.first(where: { !isInside($0.name) || $0.size < 0 }) {
            throw BackupError("\(path) names “\(file.name)”, which is no file of a state directory")
        }
        return manifest
    }

    /// Whether a name leads nowhere else.
    private static func isInside(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0)
        }
    }
}
