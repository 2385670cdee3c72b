internal import Authentication
internal import MailModel
internal import Synchronization

/// Answers of a short while ago, and the questions that are under way: whoever asks the same waits
/// for the same answer.
final class AnswerMemory: Sendable {
    private struct Kept {
        var answer: HostAnswer
        var until: ContinuousClock.Instant
    }

    private struct State {
        var answers: BoundedTable<HostQuestion, Kept>
        var flights: [HostQuestion: Task<HostAnswer, Never>] = [:]
    }

    private let positiveLifetime: Duration
    private let negativeLifetime: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    init(
        _ configuration: InquiryConfiguration,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        positiveLifetime = configuration.positiveLifetime
        negativeLifetime = configuration.negativeLifetime
        self.now = now
        state = Mutex(State(answers: BoundedTable(capacity: configuration.capacity)))
    }

    /// The remembered answer, or that of `find`, which one asker at a time runs.
    func answer(
        to question: HostQuestion, _ find: @escaping @Sendable () async -> HostAnswer
    ) async -> HostAnswer {
        enum Next { case known(HostAnswer), wait(Task<HostAnswer, Never>) }
        let next = state.withLock { state in
            if let kept = state.answers[question], kept.until > now() { return Next.known(kept.answer) }
            if let flight = state.flights[question] { return .wait(flight) }
            let flight = Task {
                let answer = await find()
                self.keep(answer, to: question)
                return answer
            }
            state.flights[question] = flight
            return .wait(flight)
        }
        switch next {
        case .known(let answer): return answer
        case .wait(let flight): return await flight.value
        }
    }

    private func keep(_ answer: HostAnswer, to question: HostQuestion) {
        let lifetime: Duration? =
            switch answer {
            case .knows: positiveLifetime
            case .nobody: negativeLifetime
            case .unavailable: nil
            }
        state.withLock { state in
            state.flights[question] = nil
            state.answers[question] = lifetime.map { Kept(answer: answer, until: now() + $0) }
        }
    }
}
