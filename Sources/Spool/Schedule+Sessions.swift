internal import MailModel
internal import NIOCore

/// The jobs of a session that has its destinations to itself, in the order of acceptance. An
/// element may be taken or gone when its turn comes.
struct SessionJobs {
    let destinations: [Int32]
    private var waiting: CircularBuffer<(id: QueueID, destination: Int32)>

    init(destinations: [Int32], waiting: [(id: QueueID, destination: Int32)]) {
        self.destinations = destinations
        self.waiting = CircularBuffer(waiting.sorted { $0.id < $1.id })
    }

    mutating func append(_ id: QueueID, _ destination: Int32) { waiting.append((id, destination)) }

    mutating func next() -> (id: QueueID, destination: Int32)? { waiting.popFirst() }
}

/// Sessions (ATRN, for one): a destination's jobs, due or not, outside the limits.
extension Schedule {
    /// Destinations that another session has stay with that.
    mutating func openSession(for names: Set<Destination>) -> Int {
        lastSession += 1
        var taken: [Int32] = []
        for name in names {
            let number = destinations.number(of: name)
            guard destinations[number].session == nil else { continue }
            destinations[number].session = lastSession
            taken.append(number)
        }
        sessions[lastSession] = SessionJobs(destinations: taken, waiting: waiting(for: taken))
        return lastSession
    }

    private func waiting(for taken: [Int32]) -> [(id: QueueID, destination: Int32)] {
        var found: [(id: QueueID, destination: Int32)] = []
        for destination in taken {
            found += waiting(for: destination).map { (jobs[$0].id, destination) }
        }
        // Ready ones stand in the flows of their virtual hosts.
        if taken.contains(where: { destinations[$0].readyCount > 0 }) {
            let taken = Set(taken)
            found += jobs.all
                .filter { jobs[$0].phase == .ready && taken.contains(jobs[$0].destination) }
                .map { (jobs[$0].id, jobs[$0].destination) }
        }
        return found
    }

    /// The session's next job. One that comes back from it is not handed to it again.
    mutating func take(session: Int) -> Taken? {
        while let next = sessions[session]?.next() {
            guard let job = jobs.find(next.id, to: next.destination) else { continue }
            switch jobs[job].phase {
            case .waiting, .ready:
                withdraw(job)
                begin(job, .outside)
                setForced(job, true)
                return taken(job)
            case .gathering, .inWork: continue
            }
        }
        return nil
    }

    mutating func closeSession(_ session: Int) {
        guard let jobs = sessions.removeValue(forKey: session) else { return }
        for destination in jobs.destinations {
            destinations[destination].session = nil
            refill(destination)
            destinations.retire(destination)
        }
    }
}
