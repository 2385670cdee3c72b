/// Text in the columns of a table.
enum Column {
    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }

    /// Cut to the width, and filled up to it.
    static func exactly(_ text: String, _ width: Int) -> String { left(cut(text, width), width) }

    static func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : text.prefix(max(width - 1, 0)) + "…"
    }

    /// `45s`, `12m`, `3h20m`, `2d4h`; a moment before is `0s`.
    static func age(_ duration: Duration) -> String {
        let seconds = max(duration.components.seconds, 0)
        func pair(_ number: Int64, _ unit: String, _ rest: Int64, _ smaller: String) -> String {
            rest == 0 ? "\(number)\(unit)" : "\(number)\(unit)\(rest)\(smaller)"
        }
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m"
        case ..<86_400: return pair(seconds / 3600, "h", seconds / 60 % 60, "m")
        default: return pair(seconds / 86_400, "d", seconds / 3600 % 24, "h")
        }
    }

    /// `812`, `4.1K`, `12M`: in powers of 1,024.
    static func size(_ octets: Int) -> String {
        var (value, unit) = (Double(octets), 0)
        let units = ["", "K", "M", "G", "T"]
        while value >= 1000, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        guard unit > 0, value < 10 else { return "\(Int(value.rounded()))\(units[unit])" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)\(units[unit])"
    }
}
