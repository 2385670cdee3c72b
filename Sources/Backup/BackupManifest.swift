internal import struct Foundation.Data
internal import struct Foundation.Date
internal import class Foundation.JSONDecoder
internal import class Foundation.JSONEncoder

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

    /// Of all files, or as much as can be said.
    package var size: Int64 {
        files.reduce(0) { sum, file in
            let (sum, isTooLarge) = sum.addingReportingOverflow(file.size)
            return isTooLarge ? .max : sum
        }
    }

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
        if let problem = BackupPlace.problem(directory) { throw problem }
        return try BackupManifest(try contents(path), from: path)
    }

    /// - Parameter path: what messages call it.
    init(_ contents: [UInt8], from path: String) throws(BackupError) {
        let data = Data(contents)
        let decoder = JSONDecoder()
        guard let format = (try? decoder.decode(Format.self, from: data))?.format else {
            throw BackupError("\(path) is garbled or cut short: take another backup")
        }
        guard format == Self.currentFormat else {
            throw BackupError(
                "\(path) has format \(format), and this version reads \(Self.currentFormat): restore it with "
                    + "the version that made it")
        }
        guard let manifest = try? decoder.decode(BackupManifest.self, from: data) else {
            throw BackupError("\(path) lacks what a manifest must have: take another backup")
        }
        if let file = manifest.files.first(where: { !Self.isInside($0.name) || $0.size < 0 }) {
            throw BackupError(
                "\(path) names “\(file.name)”, which is no file of a state directory: take another backup")
        }
        guard Set(manifest.files.map(\.name)).count == manifest.files.count else {
            throw BackupError("\(path) names a file twice: take another backup")
        }
        self = manifest
    }

    private static func contents(_ path: String) throws(BackupError) -> [UInt8] {
        let file = try OpenFile(reading: path)
        return try file.read(at: 0, count: Int(file.size()))
    }

    private struct Format: Decodable { var format: Int }

    /// Whether a name leads nowhere else.
    static func isInside(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0)
        }
    }
}
