#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// For commands that can't use the state directory.
package enum StateAdvice {
    /// The error, with what to do about it.
    package static func explain(_ error: any Error, _ configuration: ServerConfiguration) -> String {
        problem(configuration) ?? explain(error, configuration.stateDirectory)
    }

    /// The same where the directory as such is looked at elsewhere.
    static func explain(_ error: any Error, _ directory: String) -> String {
        let text = "\(error)"
        switch databaseCode(text) {
        // SQLITE_CORRUPT, SQLITE_NOTADB.
        case 11, 26: return "\(directory)/index.sqlite is damaged; restore a backup: \(text)"
        // SQLITE_FULL.
        case 13: return "\(directory): make room there: \(text)"
        case nil: return text
        default: return "\(directory)/index.sqlite: \(text); see martlet fsck"
        }
    }

    /// As in `SQLite error 26: …`.
    private static func databaseCode(_ text: String) -> Int? {
        let words = text.split(separator: " ", maxSplits: 3)
        guard words.count > 2, words[0] == "SQLite", words[1] == "error" else { return nil }
        return Int(words[2].prefix { $0.isNumber })
    }

    /// What is wrong with the directory as such, and what to do; nil when it looks as it should.
    package static func problem(_ configuration: ServerConfiguration) -> String? {
        let path = configuration.stateDirectory
        let index = path + "/index.sqlite"
        if access(path, F_OK) == 0, access(index, F_OK) != 0, errno == ENOENT {
            return "\(path) has no index.sqlite: it is not a state directory, or no server has run on it; "
                + "see state in \(configuration.file)"
        }
        guard access(path, R_OK | X_OK) != 0 || access(index, R_OK) != 0 else { return nil }
        switch errno {
        case EACCES: return "\(path) can't be read: run this as root or as the server's user"
        case ENOENT:
            return "\(path) does not exist: the server makes it when it starts; see state in "
                + configuration.file
        default: return "\(path): \(String(cString: strerror(errno)))"
        }
    }
}
