/// What a check of a state directory has found.
package struct CheckReport: Sendable, Encodable {
    package enum Severity: String, Sendable, Encodable {
        /// Nothing is wrong with any mail.
        case note
        /// Wrong, and `StateRepair` can mend it.
        case mendable
        /// Mail is missing or can't be read, or the index can't be trusted.
        case damage
    }

    package struct Finding: Sendable, Hashable, Encodable {
        package var severity: Severity
        package var subject: String
        package var what: String
        /// It is not so any more.
        package var isMended = false
    }

    /// Findings kept; the rest is counted.
    static let maximumFindings = 1_000

    package private(set) var findings: [Finding] = []
    package private(set) var omitted = 0
    package private(set) var isDamaged = false
    package private(set) var isMendable = false
    /// The index's own structure is damaged: nothing can be counted by it.
    package internal(set) var isIndexBroken = false
    /// Nothing was checked: the index is still to become one of this version.
    package internal(set) var isOutdated = false

    package var segments = 0
    /// Octets of records that were read.
    package var octets: Int64 = 0
    package var messages = 0
    package var largeMessages = 0
    package var mailboxes = 0
    package var mailboxMessages = 0
    package var queued = 0
    /// Records that the next start of a server applies: those behind the checkpoint, and messages in
    /// transit.
    package var unapplied = 0

    mutating func add(_ severity: Severity, _ subject: String, _ what: String) {
        add(Finding(severity: severity, subject: subject, what: what))
    }

    private mutating func add(_ finding: Finding) {
        if finding.severity == .damage { isDamaged = true }
        if finding.severity == .mendable { isMendable = true }
        guard findings.count < Self.maximumFindings else {
            omitted += 1
            return
        }
        findings.append(finding)
    }

    /// Adds what an earlier check found and this one does not.
    package mutating func takeMended(from earlier: CheckReport) {
        let left = findings
        for var finding in earlier.findings
        where finding.severity == .mendable && !left.contains(finding) {
            finding.isMended = true
            add(finding)
        }
    }

    /// More of the subject's finding.
    mutating func extend(_ subject: String, _ more: String) {
        guard let index = findings.lastIndex(where: { $0.subject == subject }) else { return }
        findings[index].what += more
    }
}
