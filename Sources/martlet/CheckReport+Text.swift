internal import MailModel
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
        "\(counted(messages, "message")) (\(largeMessages) in files of their own) in "
            + "\(counted(segments, "segment")), \(sizeText(octets)), "
            + "\(counted(mailboxMessages, "time")) in \(counted(mailboxes, "mailbox", "mailboxes")), "
            + "\(queued) in the queue, \(unapplied) not in the index yet: "
            + (isDamaged ? "DAMAGED." : isMendable ? "mendable or mended." : "nothing is wrong.")
    }
}
