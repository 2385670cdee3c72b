internal import Storage

extension CheckReport {
    /// A line for each finding.
    var lines: [String] {
        let lines = findings.map { finding in
            let severity = finding.isMended ? "MENDED" : finding.severity.rawValue.uppercased()
            return "\(severity): \(finding.subject): \(finding.what)"
        }
        return omitted == 0 ? lines : lines + ["… and \(omitted) more"]
    }

    /// What was looked at.
    var summary: String {
        "\(messages) messages (\(largeMessages) in files of their own) in \(segments) segments, "
            + "\(sizeText(octets)), \(mailboxMessages) times in \(mailboxes) mailboxes, "
            + "\(queued) in the queue, \(unapplied) not in the index yet: "
            + (isDamaged ? "DAMAGED." : isMendable ? "mendable or mended." : "nothing is wrong.")
    }
}
