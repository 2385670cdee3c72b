internal import CUnbound

/// Answers that libunbound gave and nobody has been told yet.
final class AnswerInbox {
    var answers: [(Question, DNSAnswer)] = []
}

/// A question that libunbound works on, and where its answer goes.
final class OpenQuestion {
    let question: Question
    let inbox: AnswerInbox

    init(_ question: Question, _ inbox: AnswerInbox) {
        self.question = question
        self.inbox = inbox
    }
}

extension UnboundContext {
    /// Asks. The answer comes in a later call of `receive`; the object must live until then.
    /// - Returns: Why not, else nil.
    func ask(_ open: OpenQuestion) -> DNSFault? {
        let status = ub_resolve_async(
            handle, open.question.name, Int32(open.question.type.rawValue), 1,
            Unmanaged.passUnretained(open).toOpaque(),
            { context, status, result in
                defer { ub_resolve_free(result) }
                let open = Unmanaged<OpenQuestion>.fromOpaque(context!).takeUnretainedValue()
                let answer = DNSAnswer(status, result?.pointee, to: open.question)
                open.inbox.answers.append((open.question, answer))
            }, nil)
        guard status != UB_NOERROR.rawValue else { return nil }
        return DNSFault(.library, "\(open.question): \(String(cString: ub_strerror(status)))")
    }

    /// Puts the answers that have come into the inboxes of their questions. Doesn't wait.
    /// - Returns: Why there will be no answers any more, else nil.
    func receive() -> DNSFault? {
        let status = ub_process(handle)
        guard status != UB_NOERROR.rawValue else { return nil }
        return DNSFault(.library, "libunbound: \(String(cString: ub_strerror(status)))")
    }
}

extension DNSAnswer {
    init(_ status: Int32, _ result: ub_result?, to question: Question) {
        func failure(_ kind: DNSFault.Kind, _ cause: String) -> DNSAnswer {
            .failure(DNSFault(kind, "\(question): \(cause)"))
        }
        guard let result, status == UB_NOERROR.rawValue else {
            self = failure(.library, String(cString: ub_strerror(status)))
            return
        }
        let isSecure = result.secure != 0
        // First: what is bogus may come with data as if it were good.
        if result.bogus != 0 {
            let reason = result.why_bogus.map { String(cString: $0) }
            self = failure(.bogus, reason ?? "DNSSEC validation failed")
        } else if result.nxdomain != 0 {
            self = .noSuchName(isSecure: isSecure)
        } else if result.rcode != 0 {
            self = failure(
                .serverFailure(code: Int(result.rcode)), "the name servers fail: \(result.rcode)")
        } else if result.havedata != 0 {
            self = .records(
                Self.data(of: result), isSecure: isSecure,
                canonicalName: result.canonname.map { Self.name(String(cString: $0)) })
        } else {
            self = .noRecords(isSecure: isSecure)
        }
    }

    private static func data(of result: ub_result) -> [[UInt8]] {
        var records: [[UInt8]] = []
        while let data = result.data[records.count] {
            let bytes = UnsafeRawBufferPointer(
                start: data, count: Int(result.len[records.count]))
            records.append(Array(bytes))
        }
        return records
    }

    /// As other names here are written; one that is no host's keeps its strange characters.
    private static func name(_ text: String) -> String {
        DomainName.ascii(text) ?? text.printable
    }
}
