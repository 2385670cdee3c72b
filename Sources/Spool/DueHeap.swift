internal import MailModel

/// Jobs by the moment at which they are due: a binary heap, the earliest first. Each job knows its
/// place, so that it can leave before its time.
struct DueHeap {
    private var elements: [Int32] = []

    var count: Int { elements.count }
    var first: Int32? { elements.first }

    mutating func insert(_ job: Int32, _ jobs: inout JobTable) {
        elements.append(job)
        rise(elements.count - 1, &jobs)
    }

    mutating func remove(_ job: Int32, _ jobs: inout JobTable) {
        let place = Int(jobs[job].place)
        let last = elements.removeLast()
        if last != job {
            elements[place] = last
            sink(place, &jobs)
            rise(Int(jobs[last].place), &jobs)
        }
        if elements.isEmpty { elements = [] }
    }

    private mutating func rise(_ start: Int, _ jobs: inout JobTable) {
        var place = start
        let job = elements[place]
        while place > 0 {
            let parent = (place - 1) / 2
            guard Self.precedes(job, elements[parent], jobs) else { break }
            put(elements[parent], place, &jobs)
            place = parent
        }
        put(job, place, &jobs)
    }

    private mutating func sink(_ start: Int, _ jobs: inout JobTable) {
        var place = start
        let job = elements[place]
        while 2 * place + 1 < elements.count {
            var child = 2 * place + 1
            if child + 1 < elements.count,
                Self.precedes(elements[child + 1], elements[child], jobs)
            {
                child += 1
            }
            guard Self.precedes(elements[child], job, jobs) else { break }
            put(elements[child], place, &jobs)
            place = child
        }
        put(job, place, &jobs)
    }

    private mutating func put(_ job: Int32, _ place: Int, _ jobs: inout JobTable) {
        elements[place] = job
        jobs[job].place = Int32(place)
    }

    /// Equal moments go in the order of acceptance.
    private static func precedes(_ a: Int32, _ b: Int32, _ jobs: borrowing JobTable) -> Bool {
        let (a, b) = (jobs[a], jobs[b])
        return a.due == b.due ? a.id < b.id : a.due < b.due
    }
}
