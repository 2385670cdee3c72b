internal import MailModel

/// Jobs whose time has come: in which order they are handed out, and what holds them back.
extension Schedule {
    mutating func makeReady(_ job: Int32) {
        guard !mustGather(job) else {
            jobs[job].phase = .gathering
            return
        }
        let (destination, lane) = (jobs[job].destination, jobs[job].lane)
        let way = destinations[destination].way.rawValue
        let flow = flow(of: jobs[job].host, to: destination, lane)
        let urgency = Int(jobs[job].urgency)
        jobs[job].phase = .ready
        jobs[job].place = flow
        jobs.append(job, to: &ways[way][lane][flow].jobs[urgency])
    }

    /// Takes a ready job out of its flow.
    mutating func makeUnready(_ job: Int32) {
        let (flow, destination, lane) = (jobs[job].place, jobs[job].destination, jobs[job].lane)
        takeOut(job)
        guard ways[destinations[destination].way.rawValue][lane][flow].isEmpty else { return }
        dissolve(flow, destination, lane)
        refill(destination)
    }

    /// The next job of a way out, in work from now on.
    mutating func next(_ way: WayOut.Name) -> Int32? {
        for lane in ways[way.rawValue].lanes {
            while let flow = ways[way.rawValue][lane].next {
                if let job = next(of: flow, way, lane) { return job }
            }
        }
        return nil
    }

    /// The flow's next job; nil when it was passed over: the flow is not the next any more, or has
    /// a job less.
    private mutating func next(of flow: Int32, _ way: WayOut.Name, _ lane: Job.Lane) -> Int32? {
        let destination = ways[way.rawValue][lane][flow].destination
        guard destinations[destination].room > 0 else {
            park(flow, destination, lane, first: true)
            return nil
        }
        let job = ways[way.rawValue][lane][flow].firstJob
        takeOut(job)
        let mustWait = mustGather(job)
        if mustWait { jobs[job].phase = .gathering } else { begin(job, .counted) }

        let weight = hosts.weight(jobs[job].host)
        ways[way.rawValue][lane].turn(flow, weight: weight)
        if ways[way.rawValue][lane][flow].isEmpty {
            dissolve(flow, destination, lane)
        } else if destinations[destination].room == 0 {
            // Hosts take turns at a destination that is full most of the time, too.
            let mayGoOn = ways[way.rawValue][lane][flow].turns > 0
            if !mayGoOn { ways[way.rawValue][lane][flow].turns = weight }
            park(flow, destination, lane, first: mayGoOn)
        }
        refill(destination)
        return mustWait ? nil : job
    }

    private mutating func takeOut(_ job: Int32) {
        let way = destinations[jobs[job].destination].way.rawValue
        let (flow, lane, urgency) = (jobs[job].place, jobs[job].lane, Int(jobs[job].urgency))
        jobs.remove(job, from: &ways[way][lane][flow].jobs[urgency])
    }

    /// One report tells of all recipients that are settled when the message's work rests.
    private func mustGather(_ job: Int32) -> Bool {
        guard destinations[jobs[job].destination].name == .reports else { return false }
        return jobs.jobs(of: jobs[job].id).contains { $0 != job && jobs[$0].phase == .inWork }
    }

    /// Lets the message's report go when nothing of it is in work any more.
    mutating func endGathering(_ id: QueueID) {
        guard let job = find(id, .reports), jobs[job].phase == .gathering else { return }
        makeReady(job)
    }

    // MARK: Flows

    private mutating func flow(of host: Int32, to destination: Int32, _ lane: Job.Lane) -> Int32 {
        let way = destinations[destination].way.rawValue
        if let flow = ways[way][lane].flow(of: host, to: destination) { return flow }
        let weight = hosts.weight(host)
        let flow = ways[way][lane].makeFlow(of: host, to: destination, weight: weight)
        if destinations[destination][lane].awake < destinations[destination].room {
            destinations[destination][lane].awake += 1
            ways[way][lane].wake(flow, weight: weight)
        } else {
            ways[way][lane].park(flow, in: &destinations[destination][lane].parked, first: false)
        }
        return flow
    }

    /// Sets an awake flow aside until the destination has room.
    private mutating func park(
        _ flow: Int32, _ destination: Int32, _ lane: Job.Lane, first: Bool
    ) {
        let way = destinations[destination].way.rawValue
        ways[way][lane].rest(flow)
        destinations[destination][lane].awake -= 1
        ways[way][lane].park(flow, in: &destinations[destination][lane].parked, first: first)
    }

    /// Forgets a flow without jobs.
    private mutating func dissolve(_ flow: Int32, _ destination: Int32, _ lane: Job.Lane) {
        let way = destinations[destination].way.rawValue
        if ways[way][lane][flow].isParked {
            ways[way][lane].unpark(flow, from: &destinations[destination][lane].parked)
        } else {
            ways[way][lane].rest(flow)
            destinations[destination][lane].awake -= 1
        }
        ways[way][lane].forget(flow)
    }

    /// Wakes as many parked flows as the destination has room for.
    mutating func refill(_ destination: Int32) {
        let way = destinations[destination].way.rawValue
        for lane in [Job.Lane.fresh, .retried] {
            while destinations[destination].hasPlace(lane) {
                let flow = destinations[destination][lane].parked.first
                ways[way][lane].unpark(flow, from: &destinations[destination][lane].parked)
                destinations[destination][lane].awake += 1
                let weight = hosts.weight(ways[way][lane][flow].host)
                ways[way][lane].wake(flow, weight: weight)
            }
        }
    }
}
