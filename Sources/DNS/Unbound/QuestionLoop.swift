internal import Glibc
internal import Logging
internal import MailModel

/// Hands questions to libunbound and its answers to those who asked, on a thread of its own.
///
/// - Every asker is answered by its deadline. libunbound goes on meanwhile: nothing is cancelled
///   there, so that what it works on stays counted, and who asks the same next joins in.
/// - An answer is for everybody who asked until it came.
struct QuestionLoop: ~Copyable {
    private let context: UnboundContext
    private let gate: QuestionGate
    private let timeout: Duration
    private let maximumOpen: Int
    private let logger: Logger

    /// Of all questions, those that libunbound works on and those that wait for that.
    private var askers: [Question: [Asker]] = [:]
    private var open: [Question: OpenQuestion] = [:]
    private var waiting = FIFO<Question>()
    private let inbox = AnswerInbox()
    /// All askers by arrival, which is the order of deadlines.
    private var byDeadline = FIFO<Asker>()
    /// How many are listed when it is time to look for those that were answered, or cancelled, long
    /// before one in front of them.
    private var pruningCount = 4096

    init(
        context: UnboundContext, gate: QuestionGate, configuration: DNSConfiguration, logger: Logger
    ) {
        self.context = context
        self.gate = gate
        timeout = configuration.timeout
        maximumOpen = max(configuration.maximumOutstanding, 1)
        self.logger = logger
    }

    /// Runs until the gate is stopped; who waits then is answered with the reason.
    mutating func run() {
        while true {
            let (arrivals, stopping) = gate.collect()
            for asker in arrivals { add(asker) }
            if let stopping {
                failAll(stopping)
                break
            }
            expire()
            if let fault = context.receive() {
                logger.critical("No DNS until the next start", metadata: ["cause": "\(fault)"])
                gate.stop(fault)
            }
            deliver()
            ask()
            wait()
        }
        context.close()
        gate.ended()
    }

    private mutating func add(_ asker: Asker) {
        byDeadline.append(asker)
        let question = asker.question
        guard var others = askers.removeValue(forKey: question) else {
            waiting.append(question)
            askers[question] = [asker]
            return
        }
        // A question may outlive those who asked it by far.
        if others.first?.isAnswered == true { others.removeAll(where: \.isAnswered) }
        others.append(asker)
        askers[question] = others
    }

    private mutating func ask() {
        while open.count < maximumOpen, let question = waiting.popFirst() {
            if askers[question, default: []].allSatisfy(\.isAnswered) {
                askers[question] = nil
                continue
            }
            let asked = OpenQuestion(question, inbox)
            if let fault = context.ask(asked) {
                answer(question, .failure(fault))
            } else {
                open[question] = asked
            }
        }
    }

    private mutating func deliver() {
        for (question, answer) in inbox.answers {
            open[question] = nil
            self.answer(question, answer)
        }
        inbox.answers.removeAll(keepingCapacity: true)
    }

    private mutating func answer(_ question: Question, _ answer: DNSAnswer) {
        for asker in askers.removeValue(forKey: question) ?? [] { asker.answer(answer) }
    }

    private mutating func expire() {
        let now = ContinuousClock.now
        while let asker = byDeadline.first, asker.isAnswered || asker.deadline <= now {
            _ = byDeadline.popFirst()
            asker.fail(.timeout, "no answer within \(timeout)")
        }
        if max(byDeadline.count, waiting.count) >= pruningCount { prune() }
    }

    /// Forgets who was answered and what nobody wants to know any more.
    private mutating func prune() {
        byDeadline = FIFO(byDeadline.removeAll().filter { !$0.isAnswered })
        var wanted = FIFO<Question>()
        for question in waiting.removeAll() {
            if askers[question, default: []].allSatisfy(\.isAnswered) {
                askers[question] = nil
            } else {
                wanted.append(question)
            }
        }
        waiting = wanted
        pruningCount = max(4096, 2 * byDeadline.count, 2 * waiting.count)
    }

    private mutating func failAll(_ fault: DNSFault) {
        for asker in byDeadline.removeAll() { asker.fail(fault.kind, fault.cause) }
    }

    private mutating func wait() {
        while let first = byDeadline.first, first.isAnswered { _ = byDeadline.popFirst() }
        var watched = [
            pollfd(fd: gate.wakeUp, events: Int16(POLLIN), revents: 0),
            pollfd(fd: context.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let limit = Self.milliseconds(until: byDeadline.first?.deadline)
        _ = poll(&watched, nfds_t(watched.count), limit)
    }

    /// Rounded up, so that the deadline has passed when `poll` returns; -1 for none.
    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let (seconds, attoseconds) = (deadline - .now).components
        if seconds < 0 || attoseconds < 0 { return 0 }
        return Int32(min(seconds, 3600) * 1000) + Int32(attoseconds / 1_000_000_000_000_000) + 1
    }
}
