internal import Synchronization

/// A name in A-labels and a type: who asks the same at the same time shares the answer.
struct Question: Hashable, Sendable, CustomStringConvertible {
    let name: String
    let type: DNSRecordType

    var description: String { "\(name) \(type)" }
}

/// Somebody who waits for an answer. Answered exactly once, by whoever is first: the question
/// loop, the deadline or the cancellation of the task that asked.
final class Asker: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<DNSAnswer, Never>)
        /// Answered before anybody waited.
        case early(DNSAnswer)
        case answered
    }

    let question: Question
    let deadline: ContinuousClock.Instant
    private let state = Mutex(State.new)

    init(_ question: Question, deadline: ContinuousClock.Instant) {
        self.question = question
        self.deadline = deadline
    }

    var isAnswered: Bool {
        state.withLock { state in
            switch state {
            case .new, .waiting: false
            case .early, .answered: true
            }
        }
    }

    /// Keeps whom to resume. False when that is done already: the task was cancelled before.
    func wait(_ continuation: CheckedContinuation<DNSAnswer, Never>) -> Bool {
        let answer: DNSAnswer? = state.withLock { state in
            if case .early(let answer) = state {
                state = .answered
                return answer
            }
            state = .waiting(continuation)
            return nil
        }
        guard let answer else { return true }
        continuation.resume(returning: answer)
        return false
    }

    func answer(_ answer: DNSAnswer) {
        let continuation: CheckedContinuation<DNSAnswer, Never>? = state.withLock { state in
            switch state {
            case .new:
                state = .early(answer)
                return nil
            case .waiting(let continuation):
                state = .answered
                return continuation
            case .early, .answered:
                return nil
            }
        }
        continuation?.resume(returning: answer)
    }

    func fail(_ kind: DNSFault.Kind, _ cause: String) {
        answer(.failure(DNSFault(kind, "\(question): \(cause)")))
    }
}
