import MailModel
import Synchronization

/// Where recently listed messages are, so that reading them asks no index. Two generations: when
/// the young one is full it becomes the old one, and what the old one held is forgotten.
final class LocationCache: Sendable {
    private static let generationSize = 100_000

    private struct State {
        var young: [QueueID: MessageLocation] = [:]
        var old: [QueueID: MessageLocation] = [:]

        mutating func set(_ id: QueueID, _ location: MessageLocation) {
            if young.count >= LocationCache.generationSize {
                swap(&young, &old)
                young.removeAll(keepingCapacity: true)
            }
            young[id] = location
        }
    }

    private let state = Mutex(State())

    subscript(id: QueueID) -> MessageLocation? {
        state.withLock { $0.young[id] ?? $0.old[id] }
    }

    func set(_ locations: [(id: QueueID, to: MessageLocation)]) {
        guard !locations.isEmpty else { return }
        state.withLock { state in
            for (id, location) in locations { state.set(id, location) }
        }
    }

    func forget(_ ids: [QueueID]) {
        guard !ids.isEmpty else { return }
        state.withLock { state in
            for id in ids {
                state.young[id] = nil
                state.old[id] = nil
            }
        }
    }
}
