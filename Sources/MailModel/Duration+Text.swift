extension Duration {
    /// `30s`, `5m`, `2h`, `5d`, `250ms`, and plain `0`. Nil when the text is none of these.
    package init?(text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number < 1 << 40 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": self = .milliseconds(number)
        case "s": self = .seconds(number)
        case "m": self = .seconds(number * 60)
        case "h": self = .seconds(number * 3600)
        case "d": self = .seconds(number * 86400)
        case "" where number == 0: self = .zero
        default: return nil
        }
    }
}
