internal import Metrics

/// Prometheus' text format, version 0.0.4.
///
///     family = "# HELP" SP name SP help LF "# TYPE" SP name SP type LF *sample
///     sample = name ["{" label *("," label) "}"] SP value LF
struct MetricsText {
    typealias Labels = KeyValuePairs<String, String>

    enum Kind: String { case counter, gauge, histogram }

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// Must come before the family's samples, once.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n"
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ name: String, labels: Labels = [:], _ value: some BinaryInteger) {
        append(name, labels, "\(value)")
    }

    mutating func sample(_ name: String, labels: Labels = [:], _ value: Double) {
        append(name, labels, Self.number(value))
    }

    /// A family of one sample.
    mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
        family(name, .gauge, help)
        sample(name, value)
    }

    mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        family(name, .gauge, help)
        sample(name, value)
    }

    mutating func counter(_ name: String, _ help: String, _ counter: Counter) {
        family(name, .counter, help)
        sample(name, counter.value)
    }

    /// - Parameter scale: how many of the histogram's units are one of the family's.
    mutating func histogram(
        _ name: String, _ help: String, _ histogram: Histogram, scale: Double = 1
    ) {
        family(name, .histogram, help)
        let snapshot = histogram.snapshot
        let bounds = histogram.bounds.map { Self.number(Double($0) / scale) } + ["+Inf"]
        for (bound, count) in zip(bounds, snapshot.cumulative) {
            sample("\(name)_bucket", labels: ["le": bound], count)
        }
        sample("\(name)_sum", Double(snapshot.sum) / scale)
        sample("\(name)_count", snapshot.cumulative.last!)
    }

    private mutating func append(_ name: String, _ labels: Labels, _ value: String) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(value)\n"
    }

    /// Whole numbers without a fraction, and none with an exponent that a reader might not know.
    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return "\(whole)" }
        return value.isFinite ? "\(value)" : value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
