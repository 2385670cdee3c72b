import Glibc

/// What waits for a thread: any thread puts in, one or several take out and sleep while it is
/// empty. A producer signals only when a consumer sleeps, so under load nothing here is a system call.
///
/// `@unchecked`: all state is guarded by `mutex`.
final class WorkQueue<Element>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let drained = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [Element] = []
    private var sleeping = 0
    /// As many elements are worth waking a consumer.
    private var wanted = 1
    /// Something came that is not to wait for company.
    private var isUrgent = false
    private var waitingForRoom = 0
    private var closed = false

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(arrived, &attributes)
        pthread_cond_init(drained, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(arrived)
        pthread_cond_destroy(drained)
        pthread_mutex_destroy(mutex)
        arrived.deallocate()
        drained.deallocate()
        mutex.deallocate()
    }

    /// False when the queue is closed: nothing was put in.
    /// - Parameter isUrgent: it ends a consumer's wait for more.
    func push(_ element: Element, isUrgent: Bool = false) -> Bool {
        locked {
            guard !closed else { return false }
            elements.append(element)
            if isUrgent { self.isUrgent = true }
            wake()
            return true
        }
    }

    func push(contentsOf new: [Element], isUrgent: Bool = false) -> Bool {
        locked {
            guard !closed else { return false }
            elements.append(contentsOf: new)
            if isUrgent { self.isUrgent = true }
            wake()
            return true
        }
    }

    var isEmpty: Bool { locked { elements.isEmpty } }

    /// Everything that waits, in order; sleeps while there is nothing. An empty array after
    /// `seconds`; nil once the queue is closed and empty.
    func takeAll(waitingAtMost seconds: Int? = nil) -> [Element]? {
        takeAll(waitingAtMost: seconds.map { Duration.seconds($0) })
    }

    func takeAll(waitingAtMost time: Duration?) -> [Element]? {
        locked {
            let deadline = time.map(Self.deadline)
            while elements.isEmpty {
                if closed { return nil }
                if !sleep(arrived, &sleeping, until: deadline) { return [] }
            }
            return takeElements()
        }
    }

    /// Everything that waits, in order, once it is that many, something of it is urgent, or after
    /// `time`; what comes meanwhile wakes nobody. For a queue with one consumer.
    func takeAll(reaching count: Int, within time: Duration) -> [Element] {
        locked {
            let deadline = Self.deadline(time)
            wanted = count
            while elements.count < count, !isUrgent, !closed {
                if !sleep(arrived, &sleeping, until: deadline) { break }
            }
            wanted = 1
            return takeElements()
        }
    }

    /// The element that has waited longest; nil once the queue is closed and empty.
    func take() -> Element? {
        locked {
            while elements.isEmpty {
                if closed { return nil }
                _ = sleep(arrived, &sleeping, until: nil)
            }
            return elements.removeFirst()
        }
    }

    /// Waits until fewer than `count` elements wait; false when `seconds` were not enough.
    func waitForRoom(below count: Int, atMost seconds: Int) -> Bool {
        locked {
            let deadline = Self.deadline(.seconds(seconds))
            while elements.count >= count {
                if !sleep(drained, &waitingForRoom, until: deadline) { return false }
            }
            return true
        }
    }

    /// Consumers get what is left, then nil.
    func close() {
        locked {
            closed = true
            pthread_cond_broadcast(arrived)
        }
    }

    private func takeElements() -> [Element] {
        var taken: [Element] = []
        swap(&taken, &elements)
        isUrgent = false
        if waitingForRoom > 0 { pthread_cond_broadcast(drained) }
        return taken
    }

    private func locked<T>(_ body: () -> T) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    private func wake() {
        if sleeping > 0, elements.count >= wanted || isUrgent { pthread_cond_signal(arrived) }
    }

    /// False when the deadline has passed.
    private func sleep(
        _ condition: UnsafeMutablePointer<pthread_cond_t>, _ count: inout Int, until: timespec?
    ) -> Bool {
        count += 1
        defer { count -= 1 }
        guard var until else {
            pthread_cond_wait(condition, mutex)
            return true
        }
        return pthread_cond_timedwait(condition, mutex, &until) != ETIMEDOUT
    }

    private static func deadline(_ after: Duration) -> timespec {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let (seconds, attoseconds) = after.components
        let nanoseconds = now.tv_nsec + Int(attoseconds / 1_000_000_000)
        return timespec(
            tv_sec: now.tv_sec + Int(seconds) + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000)
    }
}
