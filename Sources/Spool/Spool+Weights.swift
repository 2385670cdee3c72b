extension Spool {
    /// Gives virtual hosts as many turns as `weight` says, until the task is cancelled: those that
    /// come at once, all of them again and again. Hosts of the configuration keep theirs. One caller.
    ///
    /// - Parameter weight: of a domain; nil while that can't be told, and it stays as it is.
    package func keepWeights(_ weight: @escaping @Sendable (String) async -> Int?) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    await self.weigh(self.withState { $0.schedule.hosts.takeUnweighted() }, weight)
                    await self.newHosts.wait()
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    // Cancelled when the queue ends.
                    try? await Task.sleep(for: self.configuration.weightLifetime)
                    await self.weigh(self.withState { $0.schedule.hosts.toBeAsked }, weight)
                }
            }
        }
    }

    private func weigh(
        _ hosts: Set<String>, _ weight: @Sendable (String) async -> Int?
    ) async {
        for host in hosts where !Task.isCancelled {
            guard let known = await weight(host) else { continue }
            withState { $0.schedule.hosts.setWeight(known, of: host) }
        }
    }
}
