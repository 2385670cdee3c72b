#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

internal import struct Foundation.Data
internal import class Foundation.JSONEncoder
internal import struct Foundation.URL

/// Tells whoever started the server that it accepts, and on which ports.
enum ReadyFile {
    private struct Contents: Encodable {
        struct Address: Encodable {
            var host: String
            var port: Int
        }

        var pid: Int32
        var listeners: [String: [Address]]
    }

    static func write(to path: String, listeners: [ServerParts.Listening]) throws(ServerStartError) {
        let contents = Contents(
            pid: getpid(),
            listeners: Dictionary(
                listeners.map { ($0.name, [.init(host: $0.host, port: $0.port)]) },
                uniquingKeysWith: +))
        do {
            try JSONEncoder().encode(contents).write(
                to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ServerStartError("cannot write \(path): \(error.localizedDescription)")
        }
    }
}
