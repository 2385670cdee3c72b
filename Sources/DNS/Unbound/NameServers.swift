internal import Glibc

/// The name servers that the system uses.
enum NameServers {
    /// More than resolvers commonly read.
    private static let maximum = 8

    /// The `nameserver` lines of a resolv.conf(5). As there, a file without any, or none at all,
    /// means a server on this host.
    static func ofSystem(file: String = "/etc/resolv.conf") -> [String] {
        var servers: [String] = []
        if let stream = fopen(file, "re") {
            defer { fclose(stream) }
            var line = [CChar](repeating: 0, count: 512)
            while servers.count < maximum, fgets(&line, Int32(line.count), stream) != nil {
                let text = line.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
                let words = text.split(whereSeparator: \.isWhitespace)
                if words.count >= 2, words[0] == "nameserver" { servers.append(String(words[1])) }
            }
        }
        return servers.isEmpty ? ["127.0.0.1"] : servers
    }
}
