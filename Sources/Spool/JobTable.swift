internal import MailModel

/// The jobs of all messages in the schedule. One job for a message and a destination.
struct JobTable {
    private(set) var slab = Slab<Job>()
    private var first: [QueueID: Int32] = [:]

    var count: Int { slab.count }

    subscript(index: Int32) -> Job {
        _read { yield slab[index] }
        _modify { yield &slab[index] }
    }

    mutating func insert(_ job: Job) -> Int32 {
        var job = job
        job.sibling = first[job.id] ?? Chain.end
        let index = slab.insert(job)
        first[job.id] = index
        return index
    }

    mutating func remove(_ index: Int32) {
        let (id, next) = (slab[index].id, slab[index].sibling)
        if first[id] == index {
            first[id] = next == Chain.end ? nil : next
        } else {
            var previous = first[id]!
            while slab[previous].sibling != index { previous = slab[previous].sibling }
            slab[previous].sibling = next
        }
        slab.remove(index)
        if slab.count == 0 { first = [:] }
    }

    func find(_ id: QueueID, to destination: Int32) -> Int32? {
        jobs(of: id).first { slab[$0].destination == destination }
    }

    func jobs(of id: QueueID) -> some Sequence<Int32> {
        sequence(first: first[id] ?? Chain.end) { slab[$0].sibling }
            .prefix { $0 != Chain.end }
    }

    var all: some Sequence<Int32> { first.keys.lazy.flatMap { jobs(of: $0) } }

    mutating func append(_ index: Int32, to chain: inout Chain) { chain.append(index, in: &slab) }

    mutating func remove(_ index: Int32, from chain: inout Chain) { chain.remove(index, in: &slab) }
}
