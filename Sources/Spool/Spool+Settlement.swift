internal import Logging
internal import MailModel
internal import Storage

/// The end of work on shares of a message.
struct Settlement {
    let id: QueueID
    /// Whose work ends.
    let destinations: [Destination]
    /// Recipients that were worked on. They may belong to another share now.
    var numbers: Set<Int> = []
    var notBefore: Timestamp?
    /// What an operator has done to the message just now.
    var done: [OperatorWish] = []
}

extension Spool {
    /// What the next turns of shares are decided by.
    private struct Finding {
        /// Nil when nothing of the message is in the queue any more.
        var entry: QueueEntry?
        var isReadable = true
        /// Shares that were not worked on have to be planned, too.
        var concernsAll: Bool
    }

    /// Does what operators asked for meanwhile, then makes plans from what is stored.
    func settle(_ settlement: Settlement) async {
        var settlement = settlement
        var finding = Finding(concernsAll: !settlement.done.isEmpty)
        repeat {
            for wish in takeWishes(settlement) {
                do {
                    _ = try await apply(wish, to: settlement.id, settlement.numbers) {
                        settlement.destinations.contains($0)
                    }
                    settlement.done.append(wish)
                } catch {
                    logger.error("\(settlement.id): \(wish.request) was not done: \(error)")
                }
                finding.concernsAll = true
            }
            finding = await find(settlement.id, finding)
            // A wish that came since then is done before the share can be handed out again.
        } while !change({ finish(settlement, finding, &$0) })
    }

    private func takeWishes(_ settlement: Settlement) -> [OperatorWish] {
        withState { state in
            settlement.destinations.flatMap {
                state.wishes.removeValue(forKey: Share(id: settlement.id, destination: $0)) ?? []
            }
        }
    }

    private func find(_ id: QueueID, _ last: Finding) async -> Finding {
        // Whoever changes other shares from here on has to plan them himself.
        let (known, ticket, isRearranged) = withState { state in
            let isRearranged = state.entries.takeRearranged(id)
            let (known, ticket) = state.entries.entry(id)
            return (known, ticket, isRearranged)
        }
        var finding = Finding(concernsAll: last.concernsAll || isRearranged)
        do {
            finding.entry = try await entry(id, known, ticket)
        } catch {
            logger.error("\(id): cannot read the queue entry: \(error)")
            finding.isReadable = false
        }
        return finding
    }

    private func finish(
        _ settlement: Settlement, _ finding: Finding, _ state: inout State
    ) -> Bool {
        let (id, now) = (settlement.id, clock.now)
        for destination in settlement.destinations {
            guard state.wishes[Share(id: id, destination: destination)] == nil else { return false }
        }
        for destination in settlement.destinations {
            guard finding.isReadable else {
                let later = now + configuration.storageRetryDelay
                state.schedule.finish(
                    id, destination, until: max(later, settlement.notBefore ?? later), now: now)
                continue
            }
            var plan = finding.entry?.plan(for: destination)
            settlement.adjust(&plan, destination, now)
            state.schedule.finish(id, destination, plan, now: now)
        }
        if finding.concernsAll {
            planOthers(settlement, finding, now, &state)
        }
        state.entries.end(id, isNeeded: state.schedule.hasReady(id))
        return true
    }

    private func planOthers(
        _ settlement: Settlement, _ finding: Finding, _ now: Timestamp, _ state: inout State
    ) {
        let id = settlement.id
        guard finding.isReadable else { return state.entries.setRearranged(id) }
        for (destination, plan) in finding.entry?.plans ?? [:] {
            guard !settlement.destinations.contains(destination) else { continue }
            var plan = Optional(plan)
            settlement.adjust(&plan, destination, now)
            if let plan { state.schedule.add(id, destination, plan, now: now) }
        }
    }
}

extension Settlement {
    fileprivate func adjust(
        _ plan: inout Schedule.Plan?, _ destination: Destination, _ now: Timestamp
    ) {
        if done.contains(where: { $0.isForcing && $0.covers(destination) }) {
            plan?.due = now
            plan?.isForced = true
        }
        if let notBefore, let due = plan?.due, destinations.contains(destination) {
            plan?.due = max(due, notBefore)
            plan?.isResting = true
        }
    }
}
