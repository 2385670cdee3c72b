internal import MailModel

/// What came of a lease for another host, as far as it tells of the host.
package enum HostFeedback: Sendable {
    case success
    /// It could not be reached, or refused to talk.
    case hostFailure
}

/// Jobs in work, and how many of them there may be.
extension Schedule {
    mutating func begin(_ job: Int32, _ standing: Job.Standing) {
        let (destination, lane) = (jobs[job].destination, jobs[job].lane)
        jobs[job].phase = .inWork
        jobs[job].standing = standing
        inWork += 1
        switch standing {
        case .counted:
            destinations[destination].inUse += 1
            ways[destinations[destination].way.rawValue].begin(lane)
        case .slow, .silent, .sent, .outside:
            destinations[destination].outside += 1
        }
    }

    mutating func endWork(_ job: Int32) {
        let (destination, lane) = (jobs[job].destination, jobs[job].lane)
        inWork -= 1
        switch jobs[job].standing {
        case .counted:
            destinations[destination].inUse -= 1
            ways[destinations[destination].way.rawValue].end(lane)
        case .slow:
            destinations[destination].inUse -= 1
            destinations[destination].slow -= 1
            slow -= 1
        case .silent:
            destinations[destination].inUse -= 1
            slow -= 1
        case .sent:
            destinations[destination].outside -= 1
            sent -= 1
        case .outside:
            destinations[destination].outside -= 1
        }
        refill(destination)
    }

    /// The lease waits for a host that does not answer: it gives back its place among all. False when
    /// too many wait so: it keeps its place.
    ///
    /// - Parameters:
    ///   - closing: whether the destination gets no other meanwhile.
    ///   - mustStay: it can't be given up when there is no room.
    mutating func markSlow(
        _ id: QueueID, _ name: Destination, closing: Bool = true, mustStay: Bool = false
    ) -> Bool {
        guard let job = find(id, name), jobs[job].phase == .inWork else { return false }
        switch jobs[job].standing {
        case .counted:
            guard slow < (mustStay ? maximumSlow + maximumUnanswered : maximumSlow) else {
                return false
            }
            slow += 1
            jobs[job].standing = closing ? .slow : .silent
            if closing { destinations[jobs[job].destination].slow += 1 }
            ways[destinations[jobs[job].destination].way.rawValue].end(jobs[job].lane)
            return true
        case .slow, .silent: return true
        // It takes nobody's place.
        case .sent, .outside: return true
        }
    }

    /// The host has answered: the lease goes on, even beyond the limit of all.
    mutating func unmarkSlow(_ id: QueueID, _ name: Destination) {
        guard let job = find(id, name), jobs[job].phase == .inWork else { return }
        switch jobs[job].standing {
        case .slow: destinations[jobs[job].destination].slow -= 1
        case .silent: break
        case .counted, .sent, .outside: return
        }
        slow -= 1
        jobs[job].standing = .counted
        ways[destinations[jobs[job].destination].way.rawValue].resume(jobs[job].lane)
        refill(jobs[job].destination)
    }

    /// The host is done with the lease, which is now recorded: it gives back its place, unless too many
    /// are unrecorded.
    mutating func markSent(_ id: QueueID, _ name: Destination) {
        guard let job = find(id, name), jobs[job].phase == .inWork, jobs[job].standing == .counted,
            name.way == .remote, sent < Self.maximumSent
        else { return }
        sent += 1
        jobs[job].standing = .sent
        destinations[jobs[job].destination].inUse -= 1
        destinations[jobs[job].destination].outside += 1
        ways[WayOut.Name.remote.rawValue].end(jobs[job].lane)
        refill(jobs[job].destination)
    }

    mutating func feedback(_ feedback: HostFeedback, _ name: Destination) {
        guard let destination = destinations.find(name) else { return }
        switch feedback {
        case .success: destinations[destination].window?.succeeded()
        case .hostFailure: destinations[destination].window?.failed()
        }
        refill(destination)
    }

    var statuses: [DestinationStatus] { destinations.all.map { DestinationStatus(destinations[$0]) } }

    func status(of name: Destination) -> DestinationStatus? {
        destinations.find(name).map { DestinationStatus(destinations[$0]) }
    }
}

extension DestinationStatus {
    fileprivate init(_ entry: DestinationTable.Entry) {
        self.init(
            destination: entry.name, waiting: Int(entry.waitingCount),
            ready: Int(entry.readyCount), inWork: Int(entry.inUse + entry.outside),
            slow: Int(entry.slow), limit: entry.window.map { Int($0.limit) },
            isInSession: entry.session != nil, isDequeuing: entry.forced > 0)
    }
}
