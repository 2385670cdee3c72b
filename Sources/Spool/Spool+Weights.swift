extension Spool {
    /// Gives virtual hosts as many turns as `weight` says, until the task is cancelled: those that
    /// come at once, all of them again and again. Hosts of the configuration keep theirs. One caller.
    ///
    /// - Parameter weight: of a domain.
    package func keepWeights(
        _ weight: @escaping @Sendable (String) async -> VirtualHostWeight
    ) async {
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
        _ hosts: some Collection<String>, _ weight: @Sendable (String) async -> VirtualHostWeight
    ) async {
        for host in hosts where !Task.isCancelled {
            let weight = await weight(host)
            withState { $0.schedule.hosts.setWeight(weight, of: host) }
        }
    }
}
