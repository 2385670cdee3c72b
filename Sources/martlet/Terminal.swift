#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// One line to standard error.
func complain(_ line: String) { writeError(line + "\n") }

/// Text to standard error; what can't be written is nobody's to read.
func writeError(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}

/// Whether somebody watches standard error, so that progress is worth showing.
var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

/// A name from somebody's mail, without what would command the terminal.
func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map {
        $0.properties.generalCategory == .control ? "\u{FFFD}" : $0
    }))
}

enum Terminal {
    /// Columns of the terminal that standard output is; nil where it is none.
    static var width: Int? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0,
            size.ws_col > 0
        else { return nil }
        return Int(size.ws_col)
    }
}
