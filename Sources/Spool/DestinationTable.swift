/// The destinations that have jobs or a session, by small numbers.
struct DestinationTable {
    struct Entry {
        let name: Destination
        let way: WayOut.Name
        /// Jobs in the schedule; of them, those that wait for their time.
        var jobs: Int32 = 0
        var waitingCount: Int32 = 0
        var waiting = Chain()
        /// Leases that count against the window, and of them those that wait for a silent host.
        var inUse: Int32 = 0
        var slow: Int32 = 0
        /// Leases that do not count.
        var outside: Int32 = 0
        /// Jobs that somebody wants tried before their time, until they have been.
        var forced: Int32 = 0
        /// Nil: without a limit of its own.
        var window: ConcurrencyWindow?
        /// The session that has this destination to itself.
        var session: Int?
        var fresh = Parking()
        var retried = Parking()

        /// How many more leases it can take. None while one of them waits for a silent host.
        var room: Int32 {
            guard slow == 0, session == nil else { return 0 }
            return window.map { max($0.limit - inUse, 0) } ?? .max
        }

        subscript(lane: Job.Lane) -> Parking {
            get { lane == .fresh ? fresh : retried }
            set { if lane == .fresh { fresh = newValue } else { retried = newValue } }
        }

        var readyCount: Int32 { jobs - waitingCount - inUse - outside }

        /// Whether a parked flow of the lane is to be woken.
        func hasPlace(_ lane: Job.Lane) -> Bool {
            !self[lane].parked.isEmpty && self[lane].awake < room
        }
    }

    /// A lane's flows to the destination.
    struct Parking {
        /// Flows that are not parked: as many as there is room, no more than happens to be so.
        var awake: Int32 = 0
        var parked = Chain()
    }

    private let window: ConcurrencyWindow
    private var entries = Slab<Entry>()
    private var numbers: [Destination: Int32] = [:]

    init(window: ConcurrencyWindow) { self.window = window }

    subscript(number: Int32) -> Entry {
        _read { yield entries[number] }
        _modify { yield &entries[number] }
    }

    var all: some Sequence<Int32> { numbers.values }

    func find(_ name: Destination) -> Int32? { numbers[name] }

    mutating func number(of name: Destination) -> Int32 {
        if let number = numbers[name] { return number }
        let number = entries.insert(
            Entry(name: name, way: name.way, window: name.way == .remote ? window : nil))
        numbers[name] = number
        return number
    }

    /// Forgets the destination when nothing is left of it.
    mutating func retire(_ number: Int32) {
        guard entries[number].jobs == 0, entries[number].session == nil else { return }
        numbers[entries[number].name] = nil
        entries.remove(number)
    }
}

extension Destination {
    var way: WayOut.Name {
        switch self {
        case .local, .reports: .local
        case .domain, .host: .remote
        }
    }
}
