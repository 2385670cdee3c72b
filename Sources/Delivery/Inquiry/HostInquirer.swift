package import Logging
package import MailModel
internal import SMTP
package import Transport

/// Finds out which host of a distributed domain has an address.
///
/// The hosts are asked in their order; one that is slow does not keep the next from being asked. One
/// that knows the address settles it. An address is unknown only when every host has said so: a host
/// that can't be reached, does not decide, or dies in mid-question might have it. Nothing throws, and
/// each question ends by its deadline.
package final class HostInquirer: HostAsking {
    private let configuration: InquiryConfiguration
    private let memory: AnswerMemory
    private let questioner: HostQuestioner
    private let finder: HostFinder
    private let logger: Logger

    /// - Parameter tls: for hosts that offer it; nobody has to prove anything.
    package init(
        configuration: InquiryConfiguration, connector: Connector, tls: TLSClientContext,
        finder: HostFinder, logger: Logger
    ) {
        self.configuration = configuration
        self.finder = finder
        self.logger = logger
        memory = AnswerMemory(configuration)
        questioner = HostQuestioner(
            configuration: configuration, connector: connector, context: tls, finder: finder,
            failures: HostFailures(lifetime: configuration.failureLifetime),
            pool: SessionPool(lifetime: configuration.idleLifetime))
    }

    /// Ends the sessions that are kept.
    package func close() async { await questioner.pool.close() }

    package func ask(
        _ address: EmailAddress, _ hosts: [NextHop], for client: String?
    ) async -> HostAnswer {
        if let client, await isHost(client, among: hosts) { return .nobody }
        let question = HostQuestion(address: address, hosts: hosts)
        return await memory.answer(to: question) {
            let answer = await self.find(question)
            self.logger.info(
                "hosts asked", metadata: ["address": "\(address)", "answer": "\(answer)"])
            return answer
        }
    }

    /// From this machine anything may come: a client at 127.0.0.1 is taken for no other host.
    private func isHost(_ client: String, among hosts: [NextHop]) async -> Bool {
        guard client != "127.0.0.1", client != "::1" else { return false }
        for hop in hosts {
            if case .success(let found) = await finder.addresses(of: hop),
                found.contains(where: { $0.address == client })
            {
                return true
            }
        }
        return false
    }

    // MARK: One question

    private enum Event: Sendable {
        case answer(Int, HostKnowledge)
        /// Of this host, which has been asked for a while.
        case impatience(Int)
        case deadline
    }

    private func find(_ question: HostQuestion) async -> HostAnswer {
        await withTaskGroup(of: Event.self) { group in
            var undecided: [String] = []
            var asked = 0
            var answered = 0
            func askNext() {
                guard asked < question.hosts.count else { return }
                let index = asked
                asked += 1
                group.addTask { await self.ask(question, index) }
                group.addTask {
                    await Self.event(.impatience(index), after: self.configuration.patience)
                }
            }
            group.addTask { await Self.event(.deadline, after: self.configuration.deadline) }
            askNext()
            defer { group.cancelAll() }
            while answered < question.hosts.count, let event = await group.next() {
                switch event {
                case .answer(let index, .knows): return .knows(question.hosts[index])
                case .answer(_, .doesNotKnow):
                    answered += 1
                    askNext()
                case .answer(let index, .undecided(let cause)):
                    answered += 1
                    undecided.append("\(question.hosts[index]): \(cause)")
                    askNext()
                case .impatience(let index) where index == asked - 1: askNext()
                case .impatience: continue
                case .deadline:
                    let seconds = configuration.deadline.components.seconds
                    return .unavailable(
                        cause: (undecided + ["not all have answered within \(seconds) s"])
                            .joined(separator: "; "))
                }
            }
            return undecided.isEmpty ? .nobody : .unavailable(cause: undecided.joined(separator: "; "))
        }
    }

    private func ask(_ question: HostQuestion, _ index: Int) async -> Event {
        .answer(index, await questioner.ask(question.hosts[index], question.address))
    }

    private static func event(_ event: Event, after time: Duration) async -> Event {
        // Cancelled when the question is settled.
        try? await Task.sleep(for: time)
        return event
    }
}
