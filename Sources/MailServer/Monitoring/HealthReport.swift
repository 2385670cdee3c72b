internal import class Foundation.JSONEncoder

/// Whether the server can do its work, part by part.
struct HealthReport: Encodable {
    struct Part: Encodable {
        var ok: Bool
        /// What is wrong, or how it is.
        var detail: String
    }

    var ok: Bool { parts.values.allSatisfy(\.ok) }
    private(set) var parts: [String: Part] = [:]

    mutating func add(_ name: String, problem: String?, otherwise detail: String = "ok") {
        parts[name] = Part(ok: problem == nil, detail: problem ?? detail)
    }

    var reply: MonitoringReply {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Strings and flags only: encoding them can't fail.
        let text = String(decoding: try! encoder.encode(Output(ok: ok, parts: parts)), as: UTF8.self)
        return MonitoringReply(
            status: ok ? (200, "OK") : (503, "Service Unavailable"),
            contentType: "application/json", body: text + "\n")
    }

    private struct Output: Encodable {
        var ok: Bool
        var parts: [String: Part]
    }
}
